// Chromium, and what every page must keep.

import { afterEach } from "node:test";
import { chromium } from "playwright-core";
import { watch } from "./secrets.js";

/** Every page that was opened, with what the browser complained about. */
const opened = [];

// What people would have seen, where a test fails: without it, a wait that was in vain tells nothing.
if (process.env.NODE_TEST_CONTEXT) {
  afterEach(async ({ name, passed }) => {
    if (passed !== false) return;
    for (const { page, problems } of opened.filter(({ page }) => !page.isClosed())) {
      const text = await page.innerText("body").catch((error) => error.message);
      console.log(`At the end of "${name}", ${page.url()} said:\n${text.slice(0, 2000)}\n${problems.slice(-5).join("\n")}`);
    }
  });
}

/** Starts Chromium: the one that CHROMIUM names, else Debian's. */
export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-dev-shm-usage"],
  });
}

/** A page in a fresh browser profile; `problems` fills with every error that the browser reports. */
export async function visit(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  context.setDefaultTimeout(15_000);
  watch(context);
  const page = await context.newPage();
  const problems = [];
  page.on("pageerror", (error) => problems.push(`error: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") problems.push(message.text());
  });
  opened.push({ page, problems });
  return { context, page, problems };
}
