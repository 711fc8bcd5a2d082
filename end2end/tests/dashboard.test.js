// What administrators do with users, limits and connections that do not work yet.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { World, atProvider } from "../lib/story.js";
import { CLIENT } from "../lib/upstream.js";

describe("the dashboard", { timeout: 300_000 }, () => {
  let world, dashboard, page, work, client;
  before(async () => {
    world = await World.start();
    ({ dashboard } = world);
    ({ page } = dashboard);
  });
  after(() => world?.stop());

  const person = (name) => page.getByRole("link", { name: new RegExp(`^${name} of the provider`) });
  // The dialog has a field of that name too.
  const userId = () => dashboard.field("User ID").first().inputValue();
  const vault = () =>
    world.coffer.vault({ client, refreshToken: world.agent.tokens.refresh_token, connection: "work" });

  describe("of a new installation", () => {
    it("begins with the overview and its first steps, which are ticked as they are done", async () => {
      await dashboard.open("console");
      await page.waitForURL(/\/console\/overview$/);
      await page.getByText("0 of 6 done").waitFor();
      const next = page.locator("[aria-current=step]");
      assert.match(await next.textContent(), /Create a connection/);
      await next.getByRole("link").click();
      await dashboard.heading("Create connection").waitFor();
      work = await world.connectOidc();
      client = await world.application("Agent", "work");
      await dashboard.open("console/overview");
      await page.getByText("4 of 6 done").waitFor();
      assert.match(await next.textContent(), /Sign a first user in/);
    });

    it("shows what happened once the steps are done", async () => {
      for (const name of ["ada", "grace"]) {
        const { context } = await world.signIn(name, { query: "?connection=work" });
        await context.close();
      }
      await dashboard.open("console/overview");
      await page.getByRole("heading", { name: "Health of connections" }).waitFor();
      assert.equal(await page.getByText("First steps").count(), 0);
      const health = page.getByRole("row", { name: /Account at work/ });
      assert.match(await health.textContent(), /Healthy/);
      const released = page.getByRole("table", { name: "Tokens released" });
      assert.equal(await released.getByRole("row").count(), 15, "a head and 14 days");
      assert.match(await released.getByRole("row").last().textContent(), /2$/);
    });
  });

  describe("trying a connection", () => {
    it("shows who signed in and what came", async () => {
      const opened = await dashboard.beginTry(work);
      await page.getByText("Waiting for you to sign in").waitFor();
      await dashboard.field("Callback URL to register").waitFor();
      await opened.locator("input[name=login]").waitFor();
      assert.equal(await opened.evaluate(() => globalThis.opener), null, "the window has no hold of the dashboard");
      await atProvider(opened, "mary");
      await opened.getByRole("heading", { name: "The connection works" }).waitFor();
      await page.getByText("The connection works.").waitFor();
      for (const words of ["Mary of the provider", "mary@provider.example", "Valid for 1 hour."]) {
        await page.getByText(words).waitFor();
      }
      const token = page.locator("dl > div", { hasText: "Refresh token" }).last();
      assert.match(await token.textContent(), /Received\./);
      await opened.close();
      await dashboard.open("console/users");
      await person("Ada").waitFor();
      assert.equal(await person("Mary").count(), 0, "nobody becomes a user by a try");
    });

    it("shows the provider's own error and what to change", async () => {
      const broken = await dashboard.createConnection("enterprise", "oidc", {
        Name: "broken",
        "Client ID": CLIENT.id,
        "Client Secret": "not the secret",
        "Discovery URL": world.upstream.issuer,
      });
      const opened = await dashboard.beginTry(broken);
      await atProvider(opened, "mary");
      await page.getByText("The connection does not work yet.").waitFor();
      await page.getByText(/invalid_client/).waitFor();
      await page.getByText(/Copy both again/).waitFor();
      await opened.close();
    });

    it("can be cancelled and begun again", async () => {
      const first = await dashboard.beginTry(work);
      await first.locator("input[name=login]").waitFor();
      await dashboard.button("Cancel").click();
      await page.getByText("Waiting for you to sign in").waitFor({ state: "hidden" });
      const second = await dashboard.beginTry(work);
      await atProvider(second, "mary");
      await page.getByText("The connection works.").waitFor();
      for (const window of [first, second]) await window.close();
    });
  });

  describe("the scopes that an application may get", () => {
    it("are limited, which shows on both pages after a reload", async () => {
      await dashboard.open(`console/applications/${client.id}?tab=connections`);
      await dashboard.button("Scopes for Account at work").click();
      await page.getByRole("radio", { name: /^At most these/ }).check();
      await dashboard.button("Save scopes").click();
      await page.getByText("Choose at least one scope").waitFor();
      await dashboard.field("Other scopes").fill("calendar.read, openid");
      await dashboard.button("Save scopes").click();
      await dashboard.toast("Scopes of Agent are limited.");
      await page.getByText("Limited to 2 scopes").waitFor();
      // The focus goes back to the button.
      await page.locator("button:focus", { hasText: "Scopes" }).waitFor();
      await page.reload();
      await page.getByText("Limited to 2 scopes").waitFor();
      await dashboard.open(`${work.slice(1)}?tab=applications`);
      await page.getByText("Limited to 2 scopes").waitFor();
      await dashboard.button("Scopes for Agent").click();
      // The settings, on another tab of this page, have a field of that name too.
      assert.equal(await page.getByRole("textbox", { name: /^Other scopes/ }).inputValue(), "calendar.read");
    });

    it("are without limit again", async () => {
      await page.getByRole("radio", { name: /^No limit/ }).check();
      await dashboard.button("Save scopes").click();
      await dashboard.toast("no longer limited");
      await page.reload();
      await dashboard.button("Scopes for Agent").waitFor();
      assert.equal(await page.getByText(/^Limited to/).count(), 0);
    });
  });

  describe("users", () => {
    it("are found by the beginning of their name or address, and by their id", async () => {
      await dashboard.open("console/users");
      await person("Grace").click();
      const id = await userId();
      assert.ok(id.includes("|"), id);
      for (const [search, found, hidden] of [["gra", "Grace", "Ada"], ["ADA@", "Ada", "Grace"], [id, "Grace", "Ada"]]) {
        await dashboard.open("console/users");
        await page.getByRole("searchbox").fill(search);
        await page.keyboard.press("Enter");
        await person(hidden).waitFor({ state: "detached" });
        await person(found).waitFor();
      }
      await page.getByRole("searchbox").fill("race");
      await page.keyboard.press("Enter");
      await page.getByText("Nothing found").waitFor();
    });

    it("show their accounts, which applications got a token, and the events", async () => {
      await dashboard.open("console/users");
      await person("Grace").click();
      const account = page.getByRole("listitem").filter({ has: page.getByRole("heading", { level: 3 }) });
      await account.getByText("Healthy").waitFor();
      await account.getByRole("link", { name: "Agent" }).waitFor();
      await page.reload();
      await account.getByRole("link", { name: "Logs of this account" }).click();
      await page.getByRole("table").getByText("Provider's access token released").first().waitFor();
      const text = await page.content();
      for (const token of world.upstream.issued) assert.ok(!text.includes(token), "a token stands on the page");
    });

    it("lose an account that is disconnected", async () => {
      assert.equal((await vault()).status, 200);
      await dashboard.open("console/users");
      await person("Grace").click();
      await dashboard.button("Disconnect").click();
      await page.getByRole("dialog").getByRole("button", { name: "Disconnect" }).click();
      await dashboard.toast("is disconnected.");
      await page.getByText("No account is connected.").waitFor();
      await page.reload();
      await page.getByText("No account is connected.").waitFor();
      assert.equal((await vault()).body.error, "federated_connection_refresh_token_not_found");
    });

    it("are deleted after their id was typed", async () => {
      await dashboard.open("console/users");
      await person("Ada").click();
      const id = await userId();
      await dashboard.button("Delete user").click();
      const dialog = page.getByRole("dialog");
      await dialog.getByLabel("User ID").fill("somebody else");
      await dialog.getByRole("button", { name: "Delete" }).click();
      await dialog.getByText(/^Type the user's id/).waitFor();
      await dialog.getByLabel("User ID").fill(id);
      await dialog.getByRole("button", { name: "Delete" }).click();
      await dashboard.toast("The user is deleted.");
      await dashboard.heading("Users").waitFor();
      await person("Grace").waitFor();
      assert.equal(await person("Ada").count(), 0);
    });

    it("may have ids that mean something in an address", async () => {
      const { context } = await world.signIn("eve/../x?y=1#z", { query: "?connection=work" });
      await context.close();
      await dashboard.open("console/users");
      for (const again of [false, true]) {
        if (again) await page.reload();
        else await person("Eve/../x\\?y=1#z").click();
        await page.getByRole("heading", { level: 1, name: /^Eve/ }).waitFor();
        assert.match(await userId(), /\|eve\/\.\.\/x\?y=1#z$/);
      }
    });
  });

  it("leads from a cause of failures to its events", async () => {
    await dashboard.open("console/overview");
    await page.getByRole("link", { name: "Release of a provider's token refused" }).click();
    await page.waitForURL(/\/console\/logs\?code=vault\.refused&connection=work$/);
    const rows = page.getByRole("table").locator("tbody tr");
    await rows.first().waitFor();
    assert.equal(await rows.count(), await rows.filter({ hasText: "token refused" }).count());
  });

  it("finds a provider among all kinds", async () => {
    await dashboard.open("console/connections/social/new");
    await dashboard.field("Find a provider").fill("git hub");
    await page.getByRole("link", { name: /GitHub/ }).waitFor();
    await page.getByRole("link", { name: /Google/ }).waitFor({ state: "hidden" });
    await dashboard.field("Find a provider").fill("nowhere at all");
    await dashboard.link("Use Custom (OAuth 2)").click();
    await page.waitForURL(/social\/new\/oauth2$/);
  });

  it("answers every time", async () => {
    // A page that keeps what belongs to one thread fails now and then, whenever another thread drops it.
    for (const path of [work.slice(1), `console/applications/${client.id}`, "console/overview", "console/users"]) {
      for (let times = 0; times < 25; times += 1) {
        const answer = await page.request.get(new URL(path, world.coffer.url).href);
        assert.equal(answer.status(), 200, path);
      }
    }
  });

  it("left the browser's console clean", () => {
    // The refusals above are shown by the browser as failed requests.
    const others = world.problems.filter((text) => !/status of (409|422)/.test(text));
    assert.deepEqual(others, []);
  });
});
