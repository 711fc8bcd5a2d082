// The whole story: from a toggle in the dashboard to a provider's API called with a vault token.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { World } from "../lib/story.js";

describe("the story", { timeout: 240_000 }, () => {
  let world;
  before(async () => (world = await World.start()));
  after(() => world?.stop());

  for (const [kind, connect] of [
    ["work", () => world.connectOidc()],
    ["custom", () => world.connectCustom()],
  ]) {
    describe(`with the provider as the connection "${kind}"`, () => {
      let client;
      before(async () => {
        await connect();
        client = await world.application(`Agent on ${kind}`, kind);
      });

      for (const javaScriptEnabled of [true, false]) {
        const person = javaScriptEnabled ? "ada" : "grace";
        it(`runs ${javaScriptEnabled ? "with" : "without"} JavaScript on the hosted pages`, async () => {
          const { context, page } = await world.signIn(person, {
            choose: `Continue with Account at ${kind}`,
            javaScriptEnabled,
          });
          const shown = JSON.parse(await page.locator("#person").textContent());
          assert.equal(shown.sub, person);
          assert.equal(shown.email, `${person}@provider.example`);
          assert.match(await page.locator("h1").textContent(), new RegExp(person, "i"));
          assert.equal(world.agent.claims.iss, world.coffer.url);
          assert.ok(world.agent.claims.sub.endsWith(`|${kind}|${person}`), world.agent.claims.sub);
          await context.close();
        });
      }

      it("still works later, because the vault refreshed the token", async () => {
        world.upstream.tokenLife = 2;
        const { context, page } = await world.signIn("mary", { choose: `Continue with Account at ${kind}` });
        const before = world.upstream.refreshes;
        for (let round = 1; round <= 2; round += 1) {
          await new Promise((resolve) => setTimeout(resolve, 2_100));
          await page.goto(`${world.agent.url}work`);
          assert.equal(JSON.parse(await page.locator("#person").textContent()).sub, "mary");
          assert.equal(world.upstream.refreshes, before + round);
        }
        assert.deepEqual(world.upstream.refusals, []);
        world.upstream.tokenLife = 3600;
        await context.close();
      });

      it("skips the chooser when the application names the connection", async () => {
        const { context, page } = await world.signIn("joan", { query: `?connection=${kind}` });
        assert.equal(JSON.parse(await page.locator("#person").textContent()).sub, "joan");
        await context.close();
      });

      it("shows every step on the Logs page", async () => {
        const { page } = world.dashboard;
        await world.dashboard.open(`console/logs?client_id=${client.id}`);
        const table = page.getByRole("table");
        for (const words of ["User consented", "Provider's access token released", "Provider's token refreshed"]) {
          await table.getByText(words).first().waitFor();
        }
      });
    });
  }

  it("left the browser's console of the dashboard clean", () => {
    assert.deepEqual(world.problems, []);
  });
});
