// Exchanges over three million token sets and a million users, beside a thousand of each: both servers run, and
// their rounds take turns. The loads go over real users all over the database, in random order.

import { CONNECTIONS, ROUNDS, SECONDS, exchanges, memory, post, rounds } from "./load.js";
import { start } from "./seeded.js";
import { begin, note } from "./summary.js";

const MOST = 1.5;

/** `large` is the filled server. */
export async function scale(large) {
  begin(`Scale, SQLite: ${CONNECTIONS} connections, ${ROUNDS} rounds of ${SECONDS} s, medians`);
  const few = await start();
  try {
    const turn = (coffer) => {
      const bodies = exchanges(coffer.seeded);
      return () => post(coffer.endpoint, bodies);
    };
    const measured = await rounds({ few: turn(few), many: turn(large) });
    const ratio = measured.many.p99 / measured.few.p99;
    note({
      what: "exchange p99 at 3 million token sets and 1 million users",
      measured: `${measured.many.p99} ms, ${measured.many.rate.toFixed(0)}/s`,
      limit: `at 1,000 of each: ${measured.few.p99} ms, ${measured.few.rate.toFixed(0)}/s`,
      ratio,
      aim: `at most ${MOST} times`,
      met: ratio <= MOST,
    });
    note({
      what: "memory after that load, at 3 million",
      measured: `${(await memory(large.child.pid)).toFixed(0)} MB`,
      limit: `at 1,000: ${(await memory(few.child.pid)).toFixed(0)} MB`,
    });
  } finally {
    await few.stop();
  }
}
