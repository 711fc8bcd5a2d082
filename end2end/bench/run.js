// Measures Coffer, each number beside its peer or limit: `node bench/run.js [part ...]`. `cargo xtask bench` builds
// what is measured, and starts this and a PostgreSQL server. Everything runs on loopback, for a bounded time.

import { exchange } from "./exchange.js";
import { pages } from "./pages.js";
import { refresh } from "./refresh.js";
import { scale } from "./scale.js";
import { start } from "./seeded.js";
import { small } from "./small.js";
import { begin, machine, missing, table } from "./summary.js";

const PARTS = { small, exchange, refresh, pages, scale };
/** Those that share the filled server, which takes minutes to make. */
const LARGE = [pages, scale];
const USERS = 1_000_000;
/** More than a cache holds, and all over the database. */
const USED = 4_000;

const chosen = process.argv.slice(2);
const unknown = chosen.find((name) => !(name in PARTS));
if (unknown) throw new Error(`there is no part "${unknown}"; the parts are ${Object.keys(PARTS).join(", ")}`);

console.log(machine());
const parts = Object.entries(PARTS).filter(([name]) => chosen.length === 0 || chosen.includes(name));
let large;
try {
  for (const [name, part] of parts) {
    try {
      if (LARGE.includes(part) && !large) {
        begin("A million users, three million token sets, a million events, on SQLite");
        large = await start({ real: USED, users: USERS });
      }
      await part(large);
    } catch (error) {
      // The others are measured nevertheless.
      console.error(error);
      missing(name, error.message.split("\n")[0]);
      process.exitCode = 1;
    }
  }
} finally {
  await large?.stop();
}
console.log(`\n${machine()}\n\n${table()}`);
