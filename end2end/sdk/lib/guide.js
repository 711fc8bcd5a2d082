// A guide of docs/guides as its reader follows it: files are written into one folder, commands run there one after
// the other, and what they export stays. Every block must be used, so that a guide cannot say what nobody tried.
//
//   ```sh              is run
//   ```js file=a.mjs   is written; it counts as used when a command that names it was run
//   ```json output     is what the command before it prints, `...` standing for anything

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { BINARY, freePort } from "../../lib/coffer.js";
import { files } from "./authority.js";
import { PYTHON } from "./python.js";

export const GUIDES = new URL("../../../docs/guides/", import.meta.url).pathname;
const MODULES = new URL("../node_modules", import.meta.url).pathname;

/** Ports that the guides use; each reader has free ones in their place. */
const PORTS = ["8080", "8090", "3443", "3100"];

export class Guide {
  /** Opens a guide; `settings` are what its reader exported before, such as the server's domain. */
  static async open(name, coffer, settings = {}) {
    const guide = new Guide();
    guide.name = name;
    guide.folder = mkdtempSync(join(tmpdir(), "guide-"));
    guide.ports = Object.fromEntries(await Promise.all(PORTS.map(async (port) => [port, await freePort()])));
    const markdown = readFileSync(join(GUIDES, name), "utf8");
    guide.blocks = guide.read(markdown);
    assert.equal(markdown.match(/^ *(```|~~~)/gm)?.length ?? 0, 2 * guide.blocks.length, `${name}: a block has no end`);
    /** Packages that the guide installs. */
    guide.packages = [...markdown.matchAll(/`(?:npm|pip) install ([^`]+)`/g)].flatMap(([, names]) => names.split(/\s+/));
    guide.running = new Set();
    const bin = join(guide.folder, ".bin");
    mkdirSync(bin);
    symlinkSync(BINARY, join(bin, "coffer"));
    symlinkSync(MODULES, join(guide.folder, "node_modules"));
    guide.session = join(guide.folder, ".exported");
    writeFileSync(guide.session, "");
    const { COFFER_BIN, ...environment } = process.env;
    guide.environment = {
      ...environment,
      ...coffer.environment(),
      PATH: [bin, dirname(PYTHON), process.env.PATH].join(":"),
      HOME: guide.folder,
      BROWSER: "none",
      CURL_CA_BUNDLE: files(join(process.env.SDK_PLACE, "tls")).trusted,
      DOMAIN: new URL(coffer.url).host,
      ...settings,
    };
    for (const block of guide.blocks.filter((block) => block.file)) {
      writeFileSync(join(guide.folder, block.file), block.text);
    }
    return guide;
  }

  read(markdown) {
    const found = [...markdown.matchAll(/^( *)```(.*)\n([\s\S]*?)^\1```$/gm)];
    return found.map(([, indent, info, body]) => {
      let text = body.replaceAll(new RegExp(`^${indent}`, "gm"), "");
      for (const [port, mine] of Object.entries(this.ports)) text = text.replaceAll(port, mine);
      const [language, use = ""] = info.split(" ");
      const file = use.match(/^file=(.+)$/)?.[1];
      return { info, language, text, file, command: language === "sh" && !file, output: use === "output" };
    });
  }

  /** An address of the guide, on the port that its reader has. */
  address(port, path = "") {
    return `http://127.0.0.1:${this.ports[port]}/${path}`;
  }

  /** Starts the one command block that has `part` in it; with `env`, what it exports is forgotten. */
  start(part, env) {
    const fitting = this.blocks.filter((block) => block.command && block.text.includes(part));
    assert.equal(fitting.length, 1, `${this.name} has ${fitting.length} commands with ${part}`);
    const [block] = fitting;
    this.use(block);
    const save = env ? "" : `\nexport -p > ${this.session}`;
    const script = `. ${this.session}\n${exported(env)}\n${block.text}${save}`;
    const running = new Running(script, { cwd: this.folder, env: this.environment });
    this.running.add(running);
    running.block = block;
    return running;
  }

  /** A block is used, and so are the files that it names. */
  use(block) {
    block.used = true;
    for (const file of this.blocks) {
      if (file.file && !file.used && block.text.includes(file.file)) this.use(file);
    }
  }

  /** Runs a command block to its end; what it printed. */
  async run(part, { env, status = 0, input } = {}) {
    const running = this.start(part, env);
    if (input !== undefined) running.say(input);
    running.child.stdin.end();
    await running.end(status);
    if (!env) this.compare(running);
    return running.printed;
  }

  /** Compares what was printed with the block that says so. */
  compare({ block, printed }) {
    const expected = this.blocks[this.blocks.indexOf(block) + 1];
    if (!expected?.output) return;
    expected.used = true;
    const plain = (text) => text.replaceAll(/\s+/g, expected.language === "json" ? "" : " ").trim();
    const pattern = plain(expected.text)
      .split("...")
      .map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&"))
      .join("[^]*?");
    assert.match(plain(printed), new RegExp(`^${pattern}$`), `${this.name}: another output`);
  }

  /** Ends what is still running. */
  async rest() {
    await Promise.all([...this.running].map((running) => running.stop()));
    this.running.clear();
  }

  /** Every block was used, with the packages that the guide names. */
  finished() {
    const ours = (file) => readFileSync(new URL(`../${file}`, import.meta.url), "utf8");
    const here = Object.keys(JSON.parse(ours("package.json")).devDependencies);
    here.push(...ours("requirements.txt").split("\n").map((line) => line.split("==")[0]));
    assert.deepEqual(this.packages.filter((name) => !here.includes(name)), [], "packages that are not here");
    const left = this.blocks.filter((block) => !block.used).map((block) => `\`\`\`${block.info}\n${block.text}`);
    assert.deepEqual(left, [], `${this.name} has blocks that nobody ran`);
  }

  async stop() {
    await this.rest();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const exported = (env = {}) =>
  Object.entries(env)
    .map(([name, value]) => `export ${name}='${value}'`)
    .join("\n");

/** A command in a terminal of its own. */
class Running {
  constructor(script, options) {
    this.printed = "";
    this.said = "";
    this.child = spawn("bash", ["-euo", "pipefail", "-c", script], { ...options, detached: true });
    this.gone = new Promise((resolve) => this.child.on("close", resolve));
    this.child.stdin.on("error", () => {});
    this.child.stdout.setEncoding("utf8").on("data", (text) => (this.printed += text));
    this.child.stderr.setEncoding("utf8").on("data", (text) => (this.said += text));
  }

  say(line) {
    this.child.stdin.write(`${line}\n`);
  }

  /** Waits until it printed something like this; the match. */
  async until(pattern) {
    for (let tries = 0; tries < 600; tries += 1) {
      const match = (this.printed + this.said).match(pattern);
      if (match) return match;
      if (this.child.exitCode !== null) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`it never printed ${pattern}:\n${this.printed}${this.said}`);
  }

  async end(status) {
    const timer = setTimeout(() => this.stop(), 60_000);
    const code = await this.gone;
    clearTimeout(timer);
    assert.equal(code, status, `ended with ${code}:\n${this.printed}${this.said}`);
  }

  async stop() {
    if (this.child.exitCode === null && this.child.signalCode === null) process.kill(-this.child.pid);
    await this.gone;
  }
}
