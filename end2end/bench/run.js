// Exchanges per second from a fresh token set, beside a bare axum handler that parses the same form and
// answers constant JSON (`server/examples/bare.rs`), in one run; then start time, idle memory and sizes.
// Runs on loopback, for a bounded time. `cargo xtask bench` builds both programs and starts this.

import { spawn } from "node:child_process";
import { readdir, readFile, stat } from "node:fs/promises";
import { cpus } from "node:os";
import autocannon from "autocannon";
import { freePort } from "../lib/coffer.js";
import { World } from "../lib/story.js";

const ROUNDS = 5;
const SECONDS = 6;
const CONNECTIONS = 32;

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function load(url, body) {
  const result = await autocannon({
    url,
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body,
    connections: CONNECTIONS,
    duration: SECONDS,
  });
  if (result.non2xx || result.errors) throw new Error(`${url}: ${result.non2xx} refused, ${result.errors} failed`);
  return { rate: result.requests.average, p99: result.latency.p99 };
}

async function bare() {
  const port = await freePort();
  const child = spawn(process.env.BARE_BIN, { env: { PORT: String(port) }, stdio: "inherit" });
  const url = `http://127.0.0.1:${port}/oauth/token`;
  for (let tries = 0; !(await fetch(url, { method: "POST" }).catch(() => null)); tries += 1) {
    if (tries > 200) throw new Error("the bare handler did not start");
    await pause(25);
  }
  return { url, stop: () => child.kill() };
}

/** Milliseconds from the start of the process to its first answer, on a database that is up to date. */
async function startTime(coffer) {
  await coffer.halt();
  const began = performance.now();
  const child = spawn(process.env.COFFER_BIN, ["serve"], { env: coffer.environment(), stdio: "ignore" });
  const gone = new Promise((resolve) => child.on("exit", resolve));
  while (!(await fetch(`${coffer.url}healthz`).catch(() => null))) await pause(1);
  const taken = performance.now() - began;
  child.kill();
  await gone;
  return taken;
}

/** Resident memory of a process, in MB (Linux). */
async function memory(pid) {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(status.match(/VmRSS:\s+(\d+) kB/)[1]) / 1000;
}

async function sizes() {
  const site = new URL("../../target/site/", import.meta.url).pathname;
  const names = (await readdir(site)).filter((name) => name.endsWith(".br"));
  const each = await Promise.all(
    names.map(async (name) => [name.split(".").at(-2), (await stat(site + name)).size / 1000]),
  );
  return Object.fromEntries(each);
}

const world = await World.start();
try {
  await world.connectOidc("work");
  const client = await world.application("Bench", "work");
  const { context } = await world.signIn("ada", { query: "?connection=work" });
  await context.close();
  await world.browser.close();
  const body = new URLSearchParams({
    grant_type: "urn:auth0:params:oauth:grant-type:token-exchange:federated-connection-access-token",
    subject_token_type: "urn:ietf:params:oauth:token-type:refresh_token",
    requested_token_type: "http://auth0.com/oauth/token-type/federated-connection-access-token",
    subject_token: world.agent.tokens.refresh_token,
    connection: "work",
    client_id: client.id,
    client_secret: client.secret,
  }).toString();

  const limit = await bare();
  const rounds = { coffer: [], bare: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    rounds.bare.push(await load(limit.url, body));
    rounds.coffer.push(await load(`http://127.0.0.1:${world.coffer.port}/oauth/token`, body));
  }
  limit.stop();
  const underLoad = await memory(world.coffer.child.pid);

  const starts = [];
  for (let round = 0; round < ROUNDS; round += 1) starts.push(await startTime(world.coffer));
  await world.coffer.run();
  await pause(5_000);
  const idle = await memory(world.coffer.child.pid);

  const rate = (name) => median(rounds[name].map((round) => round.rate));
  const p99 = (name) => median(rounds[name].map((round) => round.p99));
  const size = await sizes();
  const binary = (await stat(process.env.COFFER_BIN)).size / 1e6;
  console.log(`
Machine             ${cpus().length} x ${cpus()[0].model}; the load generator runs on it too
Load                ${CONNECTIONS} connections, ${ROUNDS} rounds of ${SECONDS} s, medians
Exchange, fresh set ${rate("coffer").toFixed(0)}/s, p99 ${p99("coffer")} ms
Bare handler        ${rate("bare").toFixed(0)}/s, p99 ${p99("bare")} ms
Ratio               ${(rate("coffer") / rate("bare")).toFixed(2)}
Start               ${median(starts).toFixed(0)} ms to the first answer
Memory              ${idle.toFixed(0)} MB idle, ${underLoad.toFixed(0)} MB after the load
Dashboard, brotli   ${(size.wasm + size.js + size.css).toFixed(0)} kB (wasm ${size.wasm.toFixed(0)}, js ${size.js.toFixed(0)}, css ${size.css.toFixed(0)})
Binary              ${binary.toFixed(1)} MB`);
} finally {
  await world.stop();
}
