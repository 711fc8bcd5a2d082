// Runs a Python program beside the test. It asks for a person by writing `{"open": address, "end": prefix}` on a
// line, and reads where their browser ended.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

export const PYTHON = process.env.PYTHON ?? new URL("../../../target/sdk/python/bin/python", import.meta.url).pathname;

/** Runs `program` of the folder python; `settings` are its environment. Fails with what the program said. */
export async function python(program, settings, person) {
  const file = new URL(`../python/${program}`, import.meta.url).pathname;
  const env = { ...process.env, PYTHONDONTWRITEBYTECODE: "1", ...settings };
  const child = spawn(PYTHON, [file], { env, stdio: ["pipe", "pipe", "pipe"] });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (said += text));
  const ended = new Promise((resolve, reject) => child.on("close", resolve).on("error", reject));
  child.stdin.on("error", () => {});
  for await (const line of createInterface({ input: child.stdout })) {
    const { open, end } = JSON.parse(line);
    const { url } = await person().open(open, end);
    child.stdin.write(`${url.href}\n`);
  }
  const code = await ended;
  if (code !== 0) throw new Error(`${program} ended with ${code}:\n${said}`);
  if (!/^Ran [1-9]\d* tests? /m.test(said)) throw new Error(`${program} ran no test:\n${said}`);
}
