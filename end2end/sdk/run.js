// Runs the acceptance programs, all of which trust one certificate authority that is made here. Runtimes read
// the list of those they trust at their start, so each program is a process of its own.

import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { makeAuthority } from "./lib/authority.js";

const here = new URL(".", import.meta.url).pathname;
const place = process.env.SDK_PLACE ?? join(here, "../../target/sdk");
const authority = makeAuthority(join(place, "tls"));

const named = process.argv.slice(2);
const tests = readdirSync(join(here, "tests"))
  .filter((name) => name.endsWith(".test.js") && (named.length === 0 || named.some((part) => name.includes(part))))
  .map((name) => join("tests", name));

const child = spawn(
  process.execPath,
  ["--test", "--test-reporter=spec", "--test-concurrency=2", ...tests],
  {
    cwd: here,
    stdio: "inherit",
    env: {
      ...process.env,
      SDK_PLACE: place,
      // Node, Python's ssl and httpx, Python's requests.
      NODE_EXTRA_CA_CERTS: authority.trusted,
      SSL_CERT_FILE: authority.trusted,
      REQUESTS_CA_BUNDLE: authority.trusted,
    },
  },
);
child.on("exit", (code) => process.exit(code ?? 1));
