// mcp-remote as an editor runs it: messages over its standard input and output, and its user before a browser.

import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const PROXY = new URL("../node_modules/mcp-remote/dist/proxy.js", import.meta.url).pathname;

export class Editor {
  /** Runs it for the MCP server at this address, in a folder of its own. */
  static async start(url, person) {
    const folder = await mkdtemp(join(tmpdir(), "mcp-"));
    const env = { ...process.env, MCP_REMOTE_CONFIG_DIR: folder, HOME: folder, BROWSER: "none" };
    const child = spawn(process.execPath, [PROXY, url, "--allow-http"], { env, stdio: ["pipe", "pipe", "pipe"] });
    const editor = new Editor(child, person);
    editor.folder = folder;
    return editor;
  }

  /** Speaks to one that runs already. */
  constructor(child, person) {
    this.child = child;
    this.said = "";
    this.waiting = new Map();
    this.gone = new Promise((resolve) => child.on("exit", resolve));
    createInterface({ input: child.stdout }).on("line", (line) => {
      const message = JSON.parse(line);
      this.waiting.get(message.id)?.(message);
    });
    createInterface({ input: child.stderr }).on("line", (line) => {
      this.said += `${line}\n`;
      const address = line.match(/^\s*(https:\/\/\S+\/authorize\?\S+)/)?.[1];
      if (!address || this.address) return;
      this.address = new URL(address);
      this.signing = this.signIn(person).catch((error) => (this.said += error.stack));
    });
  }

  /** The person opens the address that was shown, and their browser comes back to the client. */
  async signIn(person) {
    const { url } = await person.open(this.address, this.address.searchParams.get("redirect_uri"));
    this.back = url;
    await fetch(url);
  }

  async call(method, params = {}) {
    const id = (this.last = (this.last ?? 0) + 1);
    const answer = new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no answer to ${method}:\n${this.said}`)), 40_000);
      this.waiting.set(id, (message) => {
        clearTimeout(timer);
        resolve(message);
      });
    });
    this.child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
    return answer;
  }

  async initialize() {
    const clientInfo = { name: "editor", version: "1.0.0" };
    const { result } = await this.call("initialize", { protocolVersion: "2025-06-18", capabilities: {}, clientInfo });
    this.child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" })}\n`);
    return result;
  }

  async stop() {
    this.child.kill();
    await this.gone;
    await rm(this.folder, { recursive: true, force: true });
  }
}
