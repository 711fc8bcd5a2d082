// Several Coffer servers over one database, each with a key file of its own, behind one address.

import { spawn } from "node:child_process";
import { chmod, copyFile, mkdtemp, readFile, rename } from "node:fs/promises";
import { createServer, request as send } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BINARY, Coffer, freePort } from "./coffer.js";
import { database } from "./database.js";
import { note } from "./secrets.js";

/** One of them. */
class Node extends Coffer {
  constructor(nodes, name, port, settings) {
    super();
    Object.assign(this, { folder: nodes.folder, database: nodes.database, url: nodes.url, options: [], output: "" });
    Object.assign(this, { port, own: `http://127.0.0.1:${port}/`, keys: join(nodes.folder, `${name}.key`) });
    this.settings = { ...settings, COFFER_KEYS__FILE: this.keys };
  }

  /** Gets the key file of another node, as an operator would distribute it, and is told. */
  async take(keys) {
    await copyFile(keys, `${this.keys}.new`);
    await chmod(`${this.keys}.new`, 0o600);
    await rename(`${this.keys}.new`, this.keys);
    this.child?.kill("SIGHUP");
  }

  /** Runs a command beside the server: `{code, said}`. */
  async command(...args) {
    const child = spawn(BINARY, args, { env: { ...this.environment(), COFFER_LOG__FILTER: "warn" } });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => (said += text));
    }
    const code = await new Promise((resolve) => child.on("close", resolve));
    this.output += said;
    return { code, said };
  }
}

export class Nodes {
  /** Starts so many. `settings` are further environment variables of all of them. */
  static async start(count, settings = {}) {
    const nodes = new Nodes();
    nodes.folder = await mkdtemp(join(tmpdir(), "coffer-nodes-"));
    nodes.database = await database(nodes.folder);
    nodes.all = [];
    nodes.turn = 0;
    nodes.server = createServer((incoming, outgoing) => nodes.forward(incoming, outgoing));
    // Idle connections stay: one that is closed just as a request comes would look like a failure of the servers.
    nodes.server.keepAliveTimeout = 300_000;
    await new Promise((resolve) => nodes.server.listen(0, "127.0.0.1", resolve));
    nodes.url = `http://localhost:${nodes.server.address().port}/`;
    try {
      await nodes.run(count, settings);
    } catch (error) {
      await nodes.stop();
      throw error;
    }
    return nodes;
  }

  async run(count, settings) {
    for (let name = 1; name <= count; name += 1) {
      const node = new Node(this, name, await freePort(), settings);
      if (this.all.length > 0) await node.take(this.all[0].keys);
      await node.run();
      this.all.push(node);
    }
  }

  /** Each request goes to the next node. */
  forward(incoming, outgoing) {
    this.turn = (this.turn + 1) % this.all.length;
    const { method, url: path, headers } = incoming;
    const onward = send({ host: "127.0.0.1", port: this.all[this.turn].port, method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode, answer.rawHeaders);
      answer.pipe(outgoing);
    });
    onward.on("error", () => outgoing.writeHead(502).end());
    incoming.pipe(onward);
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
    for (const { keys } of this.all) {
      const text = await readFile(keys, "utf8");
      for (const key of text.match(/[A-Za-z0-9+/_-]{40,}/g) ?? []) note("key of a key file", key);
    }
    const [first, ...rest] = this.all;
    for (const node of rest) {
      await node.halt();
      first.output += node.output;
    }
    await first?.stop();
  }
}
