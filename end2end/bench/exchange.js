// Exchanges from a fresh token set, on SQLite and on PostgreSQL, beside a bare axum handler that parses the same
// form and answers constant JSON (`server/examples/bare.rs`). Each exchange's audit event is synced to disk.

import { CONNECTIONS, ROUNDS, SECONDS, bare, exchanges, memory, post, rounds } from "./load.js";
import { REAL, start } from "./seeded.js";
import { begin, missing, note } from "./summary.js";

const AIM = "at least half the bare handler's rate";

export async function exchange() {
  begin(`Exchange: ${CONNECTIONS} connections over ${REAL} users, ${ROUNDS} rounds of ${SECONDS} s, medians`);
  const database = process.env.BENCH_POSTGRES_URL;
  const servers = { SQLite: await start() };
  const limit = await bare();
  try {
    if (database) servers.PostgreSQL = await start({ settings: { COFFER_DATABASE__URL: database } });
    const turns = { bare: () => post(limit.url, exchanges(servers.SQLite.seeded)) };
    for (const [name, coffer] of Object.entries(servers)) {
      const bodies = exchanges(coffer.seeded);
      turns[name] = () => post(coffer.endpoint, bodies);
    }
    const { bare: bound, ...measured } = await rounds(turns);
    for (const [name, { rate, p99 }] of Object.entries(measured)) {
      const ratio = rate / bound.rate;
      note({
        what: `exchange from a fresh token set, ${name}`,
        measured: `${rate.toFixed(0)}/s, p99 ${p99} ms`,
        limit: `bare axum handler: ${bound.rate.toFixed(0)}/s, p99 ${bound.p99} ms`,
        ratio,
        aim: AIM,
        met: ratio >= 0.5,
      });
    }
    if (!database) missing("exchange from a fresh token set, PostgreSQL", "no server: BENCH_POSTGRES_URL names none");
    note({ what: "memory after that load, SQLite", measured: `${(await memory(servers.SQLite.child.pid)).toFixed(0)} MB` });
  } finally {
    limit.stop();
    for (const coffer of Object.values(servers)) await coffer.stop();
  }
}
