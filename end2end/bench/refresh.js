// The refresh token grant, with rotation, at Coffer and at npm oidc-provider. Both get the same requests from the
// same program, one server after the other: each connection spends its own token and goes on with the new one.

import { fork } from "node:child_process";
import { CONNECTIONS, ROUNDS, SECONDS, refresh as load, rounds } from "./load.js";
import { start } from "./seeded.js";
import { begin, note } from "./summary.js";

const AIM = 20;

/** oidc-provider in a process of its own. */
async function peer() {
  const child = fork(new URL("./peer.js", import.meta.url));
  const ended = new Promise((_, reject) => child.once("exit", () => reject(new Error("oidc-provider ended"))));
  ended.catch(() => {});
  const answer = () => Promise.race([ended, new Promise((resolve) => child.once("message", resolve))]);
  const { url, client } = await answer();
  const tokens = (scope) => {
    child.send({ scope, count: CONNECTIONS });
    return answer();
  };
  return { url, client, tokens, stop: () => child.kill() };
}

export async function refresh() {
  begin(`Refresh grant: ${CONNECTIONS} connections, each with its own chain, ${ROUNDS} rounds of ${SECONDS} s, medians`);
  const coffer = await start();
  const other = await peer();
  try {
    for (const [kind, scope, first] of [
      ["with an ID token (RS256)", "openid offline_access", 0],
      ["without an ID token", "offline_access", 1],
    ]) {
      // Every second user has the scope openid. Each round begins with tokens that no other used.
      const fresh = coffer.seeded.tokens.filter((_, number) => number % 2 === first);
      const measured = await rounds({
        peer: async () => load(other.url, other.client, await other.tokens(scope)),
        coffer: (round) =>
          load(coffer.endpoint, coffer.seeded.client, fresh.slice(round * CONNECTIONS, (round + 1) * CONNECTIONS)),
      });
      const ratio = measured.coffer.rate / measured.peer.rate;
      note({
        what: `refresh grant, rotating, SQLite, ${kind}`,
        measured: `${measured.coffer.rate.toFixed(0)}/s, p99 ${measured.coffer.p99} ms`,
        limit: `oidc-provider, in memory: ${measured.peer.rate.toFixed(0)}/s, p99 ${measured.peer.p99} ms`,
        ratio,
        aim: `at least ${AIM} times oidc-provider`,
        met: ratio >= AIM,
      });
    }
  } finally {
    other.stop();
    await coffer.stop();
  }
}
