// What was measured, as one table at the end.

import { cpus } from "node:os";

export const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
export const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const HEAD = ["what", "measured", "peer or limit", "ratio", "aim", "met"];
const rows = [];

/**
 * One line of the table. `ratio` is a number; `met` is told, and absent where there is no aim. What stands in
 * `limit` is what it is compared with: a peer's number or that of the other size.
 */
export function note({ what, measured, limit = "", ratio, aim = "", met }) {
  const verdict = met === undefined ? "" : met ? "yes" : "no";
  rows.push([what, measured, limit, ratio === undefined ? "" : ratio.toFixed(2), aim, verdict]);
  console.log(`  ${what}: ${measured}${limit ? `; ${limit}` : ""}`);
}

/** What could not be measured here, and why. */
export function missing(what, why) {
  rows.push([what, "NOT MEASURED", why, "", "", ""]);
  console.log(`  ${what}: NOT MEASURED, ${why}`);
}

/** The part that the next numbers belong to. */
export const begin = (what) => console.log(`\n${what}`);

/** Where and how all of it was measured. */
export const machine = () =>
  `${cpus().length} x ${cpus()[0].model}; the load generator and the databases run on it too.`;

export function table() {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(HEAD), line(HEAD.map(() => "---")), ...rows.map(line)].join("\n");
}
