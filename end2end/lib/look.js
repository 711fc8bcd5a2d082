// Looks at a page as people see it: two widths, two colour schemes, and axe on each.

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { readFile } from "node:fs/promises";

const axeSource = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const folder = new URL("../screenshots/", import.meta.url).pathname;
await mkdir(folder, { recursive: true });

const WIDTHS = { desktop: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } };
const SCHEMES = ["light", "dark"];
// What a page looks like does not depend on the database: on PostgreSQL, each is looked at once.
const LOOKS = Object.entries(WIDTHS)
  .flatMap(([width, size]) => SCHEMES.map((colorScheme) => ({ width, size, colorScheme })))
  .slice(0, process.env.TEST_DATABASE ? 1 : undefined);

/**
 * Photographs the page as it stands, and asserts that axe finds nothing, that nothing is cut off at the
 * side, and that there is one main heading. The page's context must have `bypassCSP`, for axe alone.
 */
export async function look(page, name) {
  for (const { width, size, colorScheme } of LOOKS) {
    await page.setViewportSize(size);
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    // The browser paints the new colours with the frame after next.
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 100))));
    const place = `${name}, ${width}, ${colorScheme}`;
    await page.screenshot({ path: `${folder}${name}-${width}-${colorScheme}.png`, fullPage: true });
    await page.evaluate(axeSource);
    const { violations } = await page.evaluate(() => globalThis.axe.run());
    const found = violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.map((n) => n.html) }));
    assert.deepEqual(found, [], place);
    const excess = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(excess <= 0, `${place}: ${excess} pixels stick out at the side`);
    assert.equal(await page.locator("h1:visible").count(), 1, `${place}: one main heading`);
  }
  await page.setViewportSize(WIDTHS.desktop);
  await page.emulateMedia({ colorScheme: "light" });
}
