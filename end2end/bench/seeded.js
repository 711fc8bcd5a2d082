// Coffer over a database that was filled while it stood still (`server/examples/seed`).

import { spawn } from "node:child_process";
import { Coffer } from "../lib/coffer.js";

/** Users that loads are made with. */
export const REAL = 1_000;

/**
 * A running server with so many users: `real` of them can be used, the others are there. `seeded` is what a load
 * needs: the application, its connection, and a refresh token of each real user.
 */
export async function start({ real = REAL, users = real, settings = {} } = {}) {
  const coffer = await Coffer.start({ COFFER_LOG__FILTER: "warn", ...settings });
  try {
    await coffer.halt();
    const began = performance.now();
    coffer.seeded = JSON.parse(await seed(coffer, [real, users]));
    const seconds = (performance.now() - began) / 1000;
    console.log(`  ${users} users were made in ${seconds.toFixed(0)} s, ${real} of them to be used`);
    await coffer.run();
    coffer.endpoint = `http://127.0.0.1:${coffer.port}/oauth/token`;
    return coffer;
  } catch (error) {
    await coffer.stop().catch(() => {});
    throw error;
  }
}

async function seed(coffer, numbers) {
  const options = { env: coffer.environment(), stdio: ["ignore", "pipe", "inherit"] };
  const child = spawn(process.env.SEED_BIN, numbers.map(String), options);
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (said += text));
  const code = await new Promise((resolve, reject) => child.on("close", resolve).on("error", reject));
  if (code !== 0) throw new Error(`the seed ended with ${code}`);
  return said;
}
