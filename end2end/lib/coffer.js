// A Coffer server of its own, in a folder of its own.

import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { database } from "./database.js";
import { leaks, note } from "./secrets.js";

export const BINARY = process.env.COFFER_BIN ?? new URL("../../target/debug/coffer", import.meta.url).pathname;

/** A port of this machine that nothing listens on. */
export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export class Coffer {
  /**
   * Starts a server on an empty database. `settings` are further environment variables; with a certificate
   * and its key (`tls`, two paths) it speaks https.
   */
  static async start(settings = {}, options = [], tls = null) {
    const coffer = new Coffer();
    coffer.folder = await mkdtemp(join(tmpdir(), "coffer-"));
    coffer.database = await database(coffer.folder);
    coffer.port = await freePort();
    coffer.tls = tls;
    coffer.url = `${tls ? "https" : "http"}://localhost:${coffer.port}/`;
    coffer.settings = settings;
    coffer.options = options;
    coffer.output = "";
    await coffer.run();
    return coffer;
  }

  environment() {
    return {
      PATH: process.env.PATH,
      COFFER_PUBLIC_URL: this.url,
      COFFER_LISTEN: `127.0.0.1:${this.port}`,
      COFFER_DATABASE__URL: this.database.url,
      COFFER_KEYS__FILE: join(this.folder, "coffer.key"),
      ...(this.tls ? { COFFER_TLS__CERTIFICATE: this.tls.certificate, COFFER_TLS__KEY: this.tls.key } : {}),
      COFFER_OUTBOUND__ALLOW_PRIVATE: '["127.0.0.0/8"]',
      COFFER_OUTBOUND__TIMEOUT_SECONDS: "3",
      // All that Coffer itself says, to be searched for secrets; not where it would be measured.
      ...(process.env.NODE_TEST_CONTEXT ? { COFFER_LOG__FILTER: "info,coffer=trace" } : {}),
      ...this.settings,
    };
  }

  /** Starts the process and waits until it answers. */
  async run() {
    const child = spawn(BINARY, ["serve", ...this.options], { env: this.environment(), stdio: ["ignore", "pipe", "pipe"] });
    this.child = child;
    this.gone = new Promise((resolve) => child.on("exit", resolve));
    let started = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        this.output += text;
        started += text;
      });
    }
    for (let tries = 0; ; tries += 1) {
      const answer = await fetch(new URL("readyz", this.own ?? this.url)).catch(() => null);
      if (answer?.ok) break;
      if (child.exitCode !== null || tries > 600) throw new Error(`Coffer did not start:\n${started}`);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    this.setupLink = started.match(/\S+console\/setup\?token=\S+/)?.[0];
  }

  /** Applies a file of configuration as code, beside the running server. */
  async apply(blueprint, secrets = {}) {
    for (const secret of Object.values(secrets)) note("secret of a blueprint", secret);
    const options = { env: { ...this.environment(), ...secrets }, stdio: ["pipe", "pipe", "pipe"] };
    const child = spawn(BINARY, ["config", "apply", "-", "--yes", "--print-secrets"], options);
    let said = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => (said += text));
    }
    child.stdin.end(blueprint);
    const code = await new Promise((resolve) => child.on("close", resolve));
    if (code !== 0) throw new Error(`config apply ended with ${code}:\n${said}`);
  }

  /** Stops the process; `SIGTERM` lets it finish what is under way. */
  async halt(signal = "SIGTERM") {
    this.child.kill(signal);
    await this.gone;
  }

  /** Stops the process and removes everything. No secret of the run may stand in what it said. */
  async stop() {
    // Where there are metrics, they are output like the log.
    const listen = this.environment().COFFER_METRICS__LISTEN;
    const metrics = listen ? await fetch(`http://${listen}/metrics`).catch(() => null) : null;
    const said = metrics?.ok ? await metrics.text() : "";
    await this.halt();
    const keys = await readFile(join(this.folder, "coffer.key"), "utf8").catch(() => "");
    for (const key of keys.match(/[A-Za-z0-9+/_-]{40,}/g) ?? []) note("key of the key file", key);
    await this.database.drop();
    await rm(this.folder, { recursive: true, force: true });
    // The set-up link is meant to be read there, once.
    const printed = (this.output + said).replace(/console\/setup\?token=\S+/g, "");
    const found = await leaks(printed);
    if (found.length > 0) throw new Error(`secrets stand in the server's output:\n${found.join("\n")}`);
  }

  /** Posts a form to the token endpoint. */
  async token(fields) {
    const answer = await fetch(new URL("oauth/token", this.url), {
      method: "POST",
      body: new URLSearchParams(fields),
    });
    return { status: answer.status, headers: answer.headers, body: await answer.json() };
  }

  /** The vault grant of the contract. */
  vault({ client, refreshToken, connection, ...further }) {
    return this.token({
      grant_type: "urn:auth0:params:oauth:grant-type:token-exchange:federated-connection-access-token",
      subject_token_type: "urn:ietf:params:oauth:token-type:refresh_token",
      requested_token_type: "http://auth0.com/oauth/token-type/federated-connection-access-token",
      subject_token: refreshToken,
      connection,
      client_id: client.id,
      ...(client.secret ? { client_secret: client.secret } : {}),
      ...further,
    });
  }
}
