// The Users and Logs pages with a million rows, beside the same with a thousand: first paint in Chromium, and the
// time until the server has sent the document. New page each, in turns.

import { launch, visit } from "../lib/browser.js";
import { Dashboard } from "../lib/dashboard.js";
import { start } from "./seeded.js";
import { begin, median, note } from "./summary.js";

const LOADS = 21;
/** What of the larger one's paint still counts as the same: what two series of the same page differ by. */
const SAME = 1.2;
const PAGES = { Users: "console/users", Logs: "console/logs" };

/** An administrator's browser. */
async function signIn(browser, coffer) {
  const { context, page } = await visit(browser);
  await new Dashboard(page, coffer.url).setUp(coffer.setupLink);
  await page.close();
  return context;
}

/** One load in a new page: milliseconds to the first paint, and to the document's last byte. */
async function load(context, url) {
  const page = await context.newPage();
  try {
    await page.goto(url, { waitUntil: "load" });
    return await page.evaluate(async () => {
      const painted = () => performance.getEntriesByName("first-contentful-paint")[0];
      while (!painted()) await new Promise((resolve) => setTimeout(resolve, 5));
      const [{ requestStart, responseEnd }] = performance.getEntriesByType("navigation");
      return { paint: painted().startTime, document: responseEnd - requestStart, rows: document.querySelectorAll("tbody tr").length };
    });
  } finally {
    await page.close();
  }
}

/** `large` is the filled server. */
export async function pages(large) {
  begin(`Pages in Chromium: medians of ${LOADS} loads`);
  const few = await start();
  const browser = await launch();
  try {
    const contexts = { few: await signIn(browser, few), many: await signIn(browser, large) };
    const servers = { few, many: large };
    for (const [name, path] of Object.entries(PAGES)) {
      const seen = { few: [], many: [] };
      // The first load fills the browser's cache.
      for (let round = 0; round <= LOADS; round += 1) {
        for (const [size, context] of Object.entries(contexts)) {
          const result = await load(context, new URL(path, servers[size].url).href);
          if (result.rows === 0) throw new Error(`${path} shows no rows`);
          if (round > 0) seen[size].push(result);
        }
      }
      const middle = (size, what) => median(seen[size].map((result) => result[what]));
      const said = (size) => `${middle(size, "paint").toFixed(0)} ms (document ${middle(size, "document").toFixed(1)} ms)`;
      const ratio = middle("many", "paint") / middle("few", "paint");
      note({
        what: `${name} page with a million rows, first paint`,
        measured: said("many"),
        limit: `with a thousand: ${said("few")}`,
        ratio,
        aim: `as with a thousand (at most ${SAME} times)`,
        met: ratio <= SAME,
      });
    }
  } finally {
    await browser.close();
    await few.stop();
  }
}
