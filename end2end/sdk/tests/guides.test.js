// The guides of docs/guides, followed word by word: every command and every file in them.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { after, afterEach, before, describe, it } from "node:test";
import { launch, visit } from "../../lib/browser.js";
import { atStandIn } from "../../lib/providers.js";
import { GUIDES, Guide } from "../lib/guide.js";
import { Visitor } from "../lib/visitor.js";
import { World } from "../lib/world.js";

const followed = ["README.md"];

/** Follows one guide: `steps` are its tests, and at the end there is nothing left of it. */
function follow(name, steps) {
  followed.push(name);
  describe(name, { timeout: 180_000 }, () => {
    const reader = {};
    before(async () => {
      reader.world = await World.start();
      const PROVIDER_API = `${reader.world.providers.base}/sandbox/api/notes`;
      reader.guide = await Guide.open(name, reader.world.coffer, { PROVIDER_API });
    });
    after(async () => {
      await reader.guide?.stop();
      await reader.world?.stop();
    });
    afterEach(() => reader.guide.rest());
    steps(reader);
    it("has nothing that was not tried", () => reader.guide.finished());
  });
}

follow("sign-users-in.md", (reader) => {
  it("sets the applications up", async () => {
    assert.match(await reader.guide.run("coffer config apply"), /application “Web”/);
  });

  for (const [program, path, refusal] of [
    ["web.mjs", "login", /authorization response from the server is an error/],
    ["plain.mjs", "", /access_denied/],
  ]) {
    it(`signs in to ${program}`, async () => {
      const { guide, world } = reader;
      const running = guide.start(`node ${program}`);
      await running.until(/Open/);
      const visitor = new Visitor(world.coffer, guide.address(8080));
      const { status, text } = await visitor.visit(path);
      assert.equal(status, 200, text);
      const { sub, name, email, refreshes } = JSON.parse(text);
      assert.deepEqual([sub.split("|")[1], name, email.split("@")[0], refreshes], ["notes", "Ada", "ada", true]);
      const declining = new Visitor(world.coffer, guide.address(8080), "grace");
      declining.decision = "deny";
      const refused = await declining.visit(path);
      assert.equal(refused.status, 400);
      assert.match(refused.text, refusal);
    });
  }

  it("signs in to the page, and out", async () => {
    const { guide } = reader;
    guide.start("python3 -m http.server");
    const browser = await launch();
    try {
      const { page } = await visit(browser, { ignoreHTTPSErrors: true });
      const origin = guide.address(8080);
      for (let tries = 0; !(await fetch(origin).catch(() => null)); tries += 1) {
        assert.ok(tries < 200);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      await page.goto(origin);
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.getByRole("button", { name: "Continue with Notes" }).click();
      await atStandIn(page, "ada");
      await page.getByRole("button", { name: "Allow" }).click();
      await page.getByText(/^Ada, ada@/).waitFor();
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.waitForURL(origin);
      await page.waitForLoadState();
      assert.equal(await page.locator("#who").textContent(), "");
    } finally {
      await browser.close();
    }
  });

  it("signs in to the program", async () => {
    const { guide, world } = reader;
    const running = guide.start("node tool.mjs");
    const [, address] = await running.until(/Open (\S+)/);
    const { url } = await world.person().open(address, new URL(address).searchParams.get("redirect_uri"));
    await fetch(url);
    await running.end(0);
    assert.match(running.printed, /Signed in as Ada, until/);
  });
});

it("every guide is followed", () => {
  assert.deepEqual(readdirSync(GUIDES).sort(), followed.sort());
});
