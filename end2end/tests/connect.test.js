// Connected accounts and the person's own page, in a browser, with and without JavaScript on hosted pages.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { launch, visit } from "../lib/browser.js";
import { Coffer } from "../lib/coffer.js";
import { Connector } from "../lib/connector.js";
import { Dashboard } from "../lib/dashboard.js";
import { look } from "../lib/look.js";
import { CLIENT, Providers, atStandIn } from "../lib/providers.js";

describe("connected accounts", { timeout: 240_000 }, () => {
  let coffer, providers, app, browser, dashboard, page, context, scripts;

  before(async () => {
    coffer = await Coffer.start();
    providers = await Providers.start();
    app = await Connector.start();
    browser = await launch();
    dashboard = new Dashboard((await visit(browser)).page, coffer.url);
    await dashboard.setUp(coffer.setupLink);
    await dashboard.createConnection("enterprise", "oidc", {
      Name: "work",
      "Display name": "Notes",
      "Client ID": CLIENT.id,
      "Client Secret": CLIENT.secret,
      "Discovery URL": providers.issuer,
      "Other scopes": "notes.read",
    });
    const client = await dashboard.createApplication("Note taker", {
      callbacks: [app.callback],
      connectAccounts: true,
    });
    await dashboard.enable(client, "Notes");
    await app.configure(coffer.url, client);
    ({ page, context } = await visit(browser, { bypassCSP: true }));
    scripts = [];
    page.on("request", (request) => {
      const own = request.url().startsWith(coffer.url);
      if (own && !["document", "stylesheet"].includes(request.resourceType())) scripts.push(request.url());
    });
  });
  after(async () => {
    await browser?.close();
    await app?.stop();
    await providers?.stop();
    await coffer?.stop();
  });

  const heading = (name) => page.getByRole("heading", { name, level: 1 });

  it("are agreed to when the person signs in", async () => {
    await page.goto(`${app.url}sign-in`);
    await page.getByRole("button", { name: "Continue with Notes" }).click();
    await atStandIn(page, "ada");
    await page.getByText("Ask you to connect more accounts").waitFor();
    await page.getByRole("button", { name: "Allow" }).click();
    await heading("Signed in as Ada").waitFor();
    assert.equal((await app.accounts()).length, 1, "the account of the sign-in");
  });

  it("are connected with ticket, consent and code", async () => {
    await page.goto(`${app.url}connect?login_hint=grace`);
    await atStandIn(page, "grace");
    await heading(/^Connected cac_/).waitFor();
    const accounts = await app.accounts();
    assert.equal(accounts.length, 2, "several accounts at one provider");
    assert.ok(app.account.scopes.includes("notes.read"), app.account.scopes.join(" "));
    const { status, body } = await app.exchange("work");
    assert.equal(status, 200, JSON.stringify(body));
    const notes = await fetch(`${providers.base}/sandbox/api/notes`, {
      headers: { authorization: `Bearer ${body.access_token}` },
    });
    assert.equal(notes.status, 200, "the provider's API takes the token");
  });

  it("are asked for in words where the person has not agreed to the connection yet", async () => {
    await dashboard.createConnection("enterprise", "oidc", {
      Name: "second",
      "Display name": "More notes",
      "Client ID": CLIENT.id,
      "Client Secret": CLIENT.secret,
      "Discovery URL": providers.issuer,
      "Other scopes": "notes.write",
    });
    await dashboard.enable(app.client, "More notes");
    await page.goto(`${app.url}connect?connection=second`);
    await heading("Connect More notes?").waitFor();
    await look(page, "hosted-connect");
    await page.getByRole("button", { name: "Cancel" }).click();
    await heading("Refused: access_denied").waitFor();
    await page.goto(`${app.url}connect?connection=second`);
    await page.getByRole("button", { name: "Continue", exact: true }).click();
    await atStandIn(page, "ada");
    await heading(/^Connected cac_/).waitFor();
    assert.equal(app.account.connection, "second");
  });

  it("keep their scopes when more are asked for", async () => {
    await page.goto(`${app.url}connect?connection=second&scopes=notes.read&login_hint=ada`);
    await atStandIn(page, "ada");
    await heading(/^Connected cac_/).waitFor();
    for (const scope of ["notes.read", "notes.write"]) {
      assert.ok(app.account.scopes.includes(scope), app.account.scopes.join(" "));
    }
  });

  it("say so when the person declines at the provider", async () => {
    await page.goto(`${app.url}connect`);
    await atStandIn(page, "ada", "Deny");
    await heading("Refused: access_denied").waitFor();
  });

  it("are deleted by the application, and taken back at the provider", async () => {
    const alive = async () => (await providers.grants()).filter((grant) => grant.alive).length;
    const before = await alive();
    const account = app.account;
    const { status } = await app.api("DELETE", `accounts/${account.id}`);
    assert.equal(status, 204);
    assert.ok(!(await app.accounts()).some(({ id }) => id === account.id));
    for (let tries = 0; (await alive()) === before; tries += 1) {
      assert.ok(tries < 100, "the provider still has the grant");
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  });

  for (const javaScriptEnabled of [true, false]) {
    describe(`on the person's own page, ${javaScriptEnabled ? "with" : "without"} JavaScript`, () => {
      let own;
      before(async () => {
        ({ page: own } = await visit(browser, { bypassCSP: true, javaScriptEnabled }));
      });
      after(() => own.context().close());

      it("show who may use them, and when they were used", async () => {
        await own.goto(`${coffer.url}u/account`);
        if (javaScriptEnabled) await look(own, "my-account-sign-in");
        await own.getByRole("button", { name: "Continue with Notes" }).first().click();
        await atStandIn(own, "ada");
        await own.getByRole("heading", { name: "My account", level: 1 }).waitFor();
        await own.getByText("Note taker").first().waitFor();
        if (!javaScriptEnabled) return;
        await own.getByText("last used on").first().waitFor();
        await look(own, "my-account");
      });

      it("are connected again", async () => {
        await own.getByRole("button", { name: /^Reconnect Notes: ada/ }).click();
        await atStandIn(own, "ada");
        await own.getByRole("heading", { name: "My account", level: 1 }).waitFor();
      });

      it("are disconnected after a question", async () => {
        const cards = own.getByRole("heading", { level: 3 });
        const count = await cards.count();
        await own.locator("summary", { hasText: "Disconnect" }).last().click();
        await own.getByRole("button", { name: /^Disconnect .* now$/ }).last().click();
        await own.getByRole("heading", { name: "My account", level: 1 }).waitFor();
        assert.equal(await cards.count(), count - 1);
        if (count === 1) await own.getByText("You have connected no account").waitFor();
      });

      it("outlive signing out everywhere", async () => {
        await own.getByRole("button", { name: "Sign out everywhere" }).click();
        await own.getByText("Sign in to see which accounts").waitFor();
        const refused = await app.exchange("work");
        assert.equal(refused.status, 401, "applications are signed out, too");
      });
    });
  }

  describe("and the company's sign-in", () => {
    let acme;
    before(async () => {
      acme = await dashboard.createConnection("enterprise", "oidc", {
        Name: "acme",
        "Display name": "Acme staff",
        "Client ID": CLIENT.id,
        "Client Secret": CLIENT.secret,
        "Discovery URL": providers.issuer,
        Domains: "acme.example",
      });
      await dashboard.enable(app.client, "Acme staff");
    });

    it("is found by the e-mail address", async () => {
      await context.clearCookies();
      await page.goto(`${app.url}sign-in`);
      const address = page.getByLabel("Work e-mail address");
      await look(page, "hosted-sign-in-address");
      await address.fill("ada@elsewhere.example");
      await page.getByRole("button", { name: "Continue", exact: true }).click();
      await page.getByText("No company sign-in is set up for elsewhere.example").waitFor();
      await look(page, "hosted-sign-in-address-unknown");
      await address.fill("ada@acme.example");
      await page.getByRole("button", { name: "Continue", exact: true }).click();
      await atStandIn(page, "ada");
      await page.getByRole("button", { name: "Allow" }).click();
      await heading("Signed in as Ada").waitFor();
    });

    it("goes with every account of it, which are taken back at the provider", async () => {
      const alive = async () => (await providers.grants()).filter((grant) => grant.alive).length;
      const before = await alive();
      assert.equal((await app.exchange("acme")).status, 200);
      await dashboard.open(acme.slice(1));
      await dashboard.button("Delete connection").click();
      const dialog = dashboard.page.getByRole("dialog");
      await dialog.getByRole("textbox").fill("acme");
      await dialog.getByRole("button", { name: "Delete", exact: true }).click();
      await dashboard.toast("acme is deleted.");
      assert.equal((await app.exchange("acme")).status, 401, "its users' tokens are gone with it");
      for (let tries = 0; (await alive()) >= before; tries += 1) {
        assert.ok(tries < 100, "the provider still has the grant");
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    });
  });

  it("left no token, ticket or code in the database or the log", async () => {
    assert.ok(app.secrets.size > 15, `${app.secrets.size} secrets in this run`);
    const kept = await coffer.database.kept();
    assert.ok(kept.includes("More notes"), "it is the database of this run");
    for (const secret of app.secrets) {
      assert.ok(!kept.includes(secret), "a secret stands in the database");
      assert.ok(!coffer.output.includes(secret), "a secret stands in the log");
    }
  });

  it("loaded no script on any hosted page", () => assert.deepEqual(scripts, []));
});
