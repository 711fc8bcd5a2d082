// Requests at the token endpoint, as many as it answers: the same program for whoever is measured.

import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import autocannon from "autocannon";
import { freePort } from "../lib/coffer.js";
import { median, pause } from "./summary.js";

export const ROUNDS = 5;
export const SECONDS = 6;
export const CONNECTIONS = 32;

const HEADERS = { "content-type": "application/x-www-form-urlencoded" };
const VAULT = {
  grant_type: "urn:auth0:params:oauth:grant-type:token-exchange:federated-connection-access-token",
  subject_token_type: "urn:ietf:params:oauth:token-type:refresh_token",
  requested_token_type: "http://auth0.com/oauth/token-type/federated-connection-access-token",
};

/** The vault grant for each of these users, as the server that was seeded so answers it. */
export function exchanges({ client, connection, tokens }) {
  const common = { ...VAULT, connection, client_id: client.id, client_secret: client.secret };
  return tokens.map((token) => new URLSearchParams({ ...common, subject_token: token }).toString());
}

/** Sends for some seconds what `requests` gives to each connection. */
async function send(url, seconds, requests) {
  const result = await autocannon({
    url,
    method: "POST",
    headers: HEADERS,
    connections: CONNECTIONS,
    duration: seconds,
    // Longer than any answer should take: one that is late is in the p99, not a failure.
    timeout: 30,
    setupClient: (client) => client.setRequests(requests()),
  });
  if (result.non2xx || result.errors) throw new Error(`${url}: ${result.non2xx} refused, ${result.errors} failed`);
  return { rate: result.requests.average, p99: result.latency.p99 };
}

function shuffled(values) {
  const mixed = [...values];
  for (let at = mixed.length - 1; at > 0; at -= 1) {
    const other = Math.floor(Math.random() * (at + 1));
    [mixed[at], mixed[other]] = [mixed[other], mixed[at]];
  }
  return mixed;
}

/** The bodies are dealt to the connections; each sends its share again and again. */
export function post(url, bodies, seconds = SECONDS) {
  const dealt = Array.from({ length: CONNECTIONS }, () => []);
  for (const [number, body] of shuffled(bodies).entries()) {
    dealt[number % CONNECTIONS].push({ method: "POST", headers: HEADERS, body });
  }
  return send(url, seconds, () => dealt.pop());
}

/** Each connection spends a refresh token of its own, and from then on the one that came for it. */
export function refresh(url, client, tokens, seconds = SECONDS) {
  const left = [...tokens];
  return send(url, seconds, () => {
    let token = left.pop();
    const form = () =>
      new URLSearchParams({
        grant_type: "refresh_token",
        refresh_token: token,
        client_id: client.id,
        client_secret: client.secret,
      }).toString();
    return [
      {
        method: "POST",
        headers: HEADERS,
        body: form(),
        setupRequest: (request) => ({ ...request, body: form() }),
        onResponse: (status, body) => {
          const { refresh_token: next } = JSON.parse(body);
          if (status !== 200 || !next || next === token) throw new Error(`${url} did not rotate: ${status} ${body}`);
          token = next;
        },
      },
    ];
  });
}

/** Medians of rounds in which each of these takes its turn, so that what disturbs one disturbs all. */
export async function rounds(turns, count = ROUNDS) {
  const results = Object.fromEntries(Object.keys(turns).map((name) => [name, []]));
  for (let round = 0; round < count; round += 1) {
    for (const [name, turn] of Object.entries(turns)) results[name].push(await turn(round));
  }
  const middle = (name, what) => median(results[name].map((result) => result[what]));
  return Object.fromEntries(
    Object.keys(turns).map((name) => [name, { rate: middle(name, "rate"), p99: middle(name, "p99") }]),
  );
}

/** The bare handler: what the machine's HTTP costs alone. */
export async function bare() {
  const port = await freePort();
  const child = spawn(process.env.BARE_BIN, { env: { PORT: String(port) }, stdio: "inherit" });
  const url = `http://127.0.0.1:${port}/oauth/token`;
  for (let tries = 0; !(await fetch(url, { method: "POST" }).catch(() => null)); tries += 1) {
    if (tries > 200) throw new Error("the bare handler did not start");
    await pause(25);
  }
  return { url, stop: () => child.kill() };
}

/** Resident memory of a process, in MB (Linux). */
export async function memory(pid) {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(status.match(/VmRSS:\s+(\d+) kB/)[1]) / 1000;
}
