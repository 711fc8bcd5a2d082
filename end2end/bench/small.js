// What Coffer costs where nothing happens: time to start, memory, and what browsers load.

import { spawn } from "node:child_process";
import { readFile, stat } from "node:fs/promises";
import { ROUNDS, memory } from "./load.js";
import { start } from "./seeded.js";
import { begin, median, note, pause } from "./summary.js";

const SITE = process.env.SITE ?? new URL("../../target/site/", import.meta.url).pathname;
const LIMITS = { memory: 40, start: 150, bundle: 300 };

/** Milliseconds from the start of the process to its first answer, on a database that is up to date. */
async function startTime(coffer) {
  const began = performance.now();
  const child = spawn(process.env.COFFER_BIN, ["serve"], { env: coffer.environment(), stdio: "ignore" });
  const gone = new Promise((resolve) => child.on("exit", resolve));
  while (!(await fetch(`${coffer.url}healthz`).catch(() => null))) {
    if (child.exitCode !== null) throw new Error("Coffer did not start");
    await pause(1);
  }
  const taken = performance.now() - began;
  child.kill();
  await gone;
  return taken;
}

/** What a browser that has nothing yet loads for a first page of each part, compressed, in kB. */
async function bundle() {
  const { css, js, link, wasm, parts } = JSON.parse(await readFile(`${SITE}/manifest.json`, "utf8"));
  const sum = async (names) => {
    const sizes = await Promise.all([...new Set(names)].map(async (name) => (await stat(`${SITE}/${name}.br`)).size / 1000));
    return sizes.reduce((all, size) => all + size, 0);
  };
  const always = [css, js, link, wasm];
  const each = Object.entries(parts).map(async ([part, files]) => [part, await sum([...always, ...files])]);
  return [...(await Promise.all(each)), ["all of it", await sum([...always, ...Object.values(parts).flat()])]];
}

/** The page on which a user chooses how to sign in, as a browser without scripts gets it. */
async function hosted(coffer) {
  const url = new URL("authorize", coffer.url);
  url.search = new URLSearchParams({
    client_id: coffer.seeded.client.id,
    redirect_uri: "https://app.example/callback",
    response_type: "code",
    scope: "openid",
    state: "a-state",
    code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    code_challenge_method: "S256",
  });
  const first = await fetch(url, { redirect: "manual" });
  const cookie = first.headers.getSetCookie().map((line) => line.split(";")[0]).join("; ");
  const page = await fetch(new URL(first.headers.get("location"), coffer.url), { headers: { cookie } });
  const text = await page.text();
  if (!page.ok || !text.includes("<form")) throw new Error(`the hosted page is another: ${page.status}`);
  return { path: new URL(page.url).pathname, scripts: text.match(/<script|\son\w+=|modulepreload/g)?.length ?? 0 };
}

export async function small() {
  begin(`Start, memory, sizes: medians of ${ROUNDS}`);
  const coffer = await start();
  try {
    await coffer.halt();
    const starts = [];
    for (let round = 0; round < ROUNDS; round += 1) starts.push(await startTime(coffer));
    const taken = median(starts);
    note({
      what: "start to the first answer",
      measured: `${taken.toFixed(0)} ms`,
      ratio: taken / LIMITS.start,
      aim: `at most ${LIMITS.start} ms`,
      met: taken <= LIMITS.start,
    });
    await coffer.run();
    await pause(5_000);
    const idle = await memory(coffer.child.pid);
    note({
      what: "memory, idle",
      measured: `${idle.toFixed(0)} MB`,
      ratio: idle / LIMITS.memory,
      aim: `at most ${LIMITS.memory} MB`,
      met: idle <= LIMITS.memory,
    });
    const { path, scripts } = await hosted(coffer);
    note({ what: `scripts on a hosted page (${path})`, measured: String(scripts), aim: "none", met: scripts === 0 });
  } finally {
    await coffer.stop();
  }
  for (const [part, size] of await bundle()) {
    note({
      what: `dashboard's bundle, first page of: ${part}, brotli, with the stylesheet`,
      measured: `${size.toFixed(0)} kB`,
      ratio: size / LIMITS.bundle,
      aim: `at most ${LIMITS.bundle} kB`,
      met: size <= LIMITS.bundle,
    });
  }
  note({ what: "the binary", measured: `${((await stat(process.env.COFFER_BIN)).size / 1e6).toFixed(0)} MB` });
}
