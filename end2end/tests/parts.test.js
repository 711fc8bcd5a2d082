// The dashboard's scripts come in parts, fetched when a page needs them.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { launch, visit } from "../lib/browser.js";
import { Coffer } from "../lib/coffer.js";
import { Dashboard } from "../lib/dashboard.js";
import { look } from "../lib/look.js";

describe("the parts of the dashboard", { timeout: 120_000 }, () => {
  let coffer, browser, seen, dashboard;
  before(async () => {
    [coffer, browser] = await Promise.all([Coffer.start(), launch()]);
    seen = await visit(browser);
    dashboard = new Dashboard(seen.page, coffer.url);
    await dashboard.setUp(coffer.setupLink);
  });
  after(async () => {
    await browser?.close();
    await coffer?.stop();
  });

  /** What a page fetches before anything else happens, in a browser that has nothing yet. */
  async function first(path) {
    const context = await browser.newContext({ storageState: await seen.context.storageState() });
    const page = await context.newPage();
    const files = new Set();
    let done = false;
    page.on("request", (request) => {
      if (!done && request.url().includes("/assets/")) files.add(request.url());
    });
    const document = await (await new Dashboard(page, coffer.url).open(path)).text();
    await page.waitForFunction(() => document.querySelector("button:enabled"));
    done = true;
    const named = new Set(document.match(/part-[0-9a-f]{16}\.wasm/g));
    const fetched = new Set([...files].map((url) => url.split("/").pop()).filter((name) => /^part-.*\.wasm$/.test(name)));
    return { context, page, named, fetched };
  }

  it("are named in the document of the page that needs them, and no others", async () => {
    const all = [];
    for (const path of ["overview", "users/nobody", "webhooks/new", "account", "sign-in"]) {
      const { context, named, fetched } = await first(`console/${path}`);
      assert.ok(named.size > 0, path);
      assert.deepEqual(fetched, named, path);
      all.push([...named].sort().join());
      await context.close();
    }
    assert.equal(new Set(all).size, all.length, "each is a part of its own");
  });

  it("are all there a little later, so that no page has to be waited for", async () => {
    const { context, page } = await first("console/overview");
    await page.waitForFunction(() => performance.getEntriesByType("resource").filter((e) => e.name.includes("/assets/part-")).length > 20);
    await context.setOffline(true);
    await page.getByRole("link", { name: "Webhooks", exact: true }).first().click();
    await page.waitForURL(/\/console\/webhooks$/);
    await context.close();
  });

  it("that are gone from the server, since it has another version, make the page be loaded anew", async () => {
    const { context, page } = await first("console/overview");
    await page.route("**/assets/part-*", (route) => route.abort());
    const loaded = page.waitForEvent("load");
    await page.getByRole("link", { name: "Users", exact: true }).first().click();
    await loaded;
    await page.getByRole("heading", { name: "Users", level: 1 }).waitFor();
    await context.close();
  });

  it("that take long leave a bar at the top until they are there", async () => {
    const { context, page } = await first("console/overview");
    let release;
    const held = new Promise((resolve) => (release = resolve));
    await page.route("**/assets/part-*", async (route) => {
      await held;
      await route.continue();
    });
    const busy = page.locator("body[aria-busy=true]");
    assert.equal(await busy.count(), 0);
    await page.getByRole("link", { name: "Users", exact: true }).first().click();
    await busy.waitFor();
    const bar = () => page.evaluate(() => getComputedStyle(document.body, "::before").height);
    assert.equal(await bar(), "3px");
    release();
    await page.getByRole("heading", { name: "Users", level: 1 }).waitFor();
    await busy.waitFor({ state: "detached" });
    assert.equal(await bar(), "auto");
    await context.close();
  });

  for (const [what, files] of [
    ["part", "**/assets/part-*"],
    ["WebAssembly", "**/assets/coffer-*.wasm"],
    ["script", "**/assets/coffer-*.js"],
  ]) {
    it(`say so when the first page's ${what} cannot be fetched, and are fetched when it is loaded again`, async () => {
      const state = { storageState: await seen.context.storageState() };
      const { context, page } = await visit(browser, { ...state, bypassCSP: true });
      await page.route(files, (route) => route.abort());
      await new Dashboard(page, coffer.url).open("console/connections/social");
      const notice = page.getByRole("alert").filter({ hasText: "its buttons do nothing" });
      await notice.waitFor();
      if (what === "part") await look(page, "part-missing");
      await page.unroute(files);
      await notice.getByRole("link", { name: "Load it again" }).click();
      await notice.waitFor({ state: "hidden" });
      await page.waitForFunction(() => document.querySelector("button:enabled"));
      await context.close();
    });
  }
});
