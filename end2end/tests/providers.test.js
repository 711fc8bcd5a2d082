// Every connection of the catalogue that has a stand-in, from end to end: made in the dashboard from the
// catalogue's own file (with local hosts), signed in with, connected, kept, refreshed, exchanged, revoked.

import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { launch, visit } from "../lib/browser.js";
import { Coffer } from "../lib/coffer.js";
import { Connector } from "../lib/connector.js";
import { Dashboard } from "../lib/dashboard.js";
import { CLIENT, Providers, atStandIn } from "../lib/providers.js";

const CATALOGUE = new URL("../../server/federation/catalogue/", import.meta.url).pathname;
const LIFE = { access_seconds: 3 };

/** Strategy, where the dashboard has it, the stand-in's host, its settings, further fields, whether a grant ends as a whole. */
const CONNECTIONS = [
  { strategy: "google-oauth2", group: "social", host: "accounts.google.com", settings: LIFE, revokes: true },
  { strategy: "windowslive", group: "social", host: "login.microsoftonline.com", settings: LIFE, revokes: false },
  {
    strategy: "waad",
    group: "enterprise",
    host: "login.microsoftonline.com",
    settings: LIFE,
    fields: () => ({ Tenant: "8f6b6c1e-0000-4000-8000-000000000001" }),
    revokes: false,
  },
  { strategy: "github", group: "social", host: "github.com", settings: { ...LIFE, github_app: true }, revokes: true },
  { strategy: "slack", group: "social", host: "slack.com", settings: { ...LIFE, rotation: "single_use" }, revokes: false },
  { strategy: "box", group: "social", host: "account.box.com", settings: LIFE, revokes: true },
  { strategy: "okta", group: "enterprise", host: "sandbox", settings: LIFE, fields: () => ({ "Okta domain": "sandbox" }), revokes: true },
  {
    strategy: "oidc",
    group: "enterprise",
    host: "sandbox",
    settings: LIFE,
    fields: (base) => ({ "Discovery URL": `${base}/sandbox` }),
    revokes: true,
  },
  {
    strategy: "oauth2",
    group: "social",
    host: "sandbox",
    settings: LIFE,
    fields: (base) => ({
      "Authorization URL": `${base}/sandbox/authorize`,
      "Token URL": `${base}/sandbox/token`,
      "User info URL": `${base}/sandbox/userinfo`,
      "Revocation URL": `${base}/sandbox/revoke`,
      Scopes: "notes.read",
    }),
    revokes: true,
  },
];

/** The catalogue's files with every host behind `base`. */
async function localCatalogue(base) {
  const folder = await mkdtemp(join(tmpdir(), "coffer-catalogue-"));
  for (const name of await readdir(CATALOGUE)) {
    const text = await readFile(join(CATALOGUE, name), "utf8");
    await writeFile(join(folder, name), text.replaceAll("https://", `${base}/`));
  }
  return folder;
}

describe("every kind of connection", { timeout: 300_000 }, () => {
  let coffer, providers, folder, app, browser, dashboard;
  before(async () => {
    providers = await Providers.start();
    folder = await localCatalogue(providers.base);
    coffer = await Coffer.start({ COFFER_CATALOGUE__FOLDER: folder });
    app = await Connector.start();
    browser = await launch();
    dashboard = new Dashboard((await visit(browser)).page, coffer.url);
    await dashboard.setUp(coffer.setupLink);
    const client = await dashboard.createApplication("Agent", { callbacks: [app.callback], connectAccounts: true });
    await app.configure(coffer.url, client);
  });
  after(async () => {
    await browser?.close();
    await app?.stop();
    await coffer?.stop();
    await providers?.stop();
    if (folder) await rm(folder, { recursive: true });
  });

  const later = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

  for (const { strategy, group, host, settings, fields, revokes } of CONNECTIONS) {
    describe(strategy, () => {
      let page, context;
      const heading = (name) => page.getByRole("heading", { name, level: 1 });
      before(async () => {
        await providers.reset(host);
        await providers.set(settings, host);
        await dashboard.createConnection(group, strategy, {
          "Display name": `Account at ${strategy}`,
          "Client ID": CLIENT.id,
          "Client Secret": CLIENT.secret,
          ...fields?.(providers.base),
        });
        await dashboard.enable(app.client, `Account at ${strategy}`);
        ({ page, context } = await visit(browser));
      });
      after(async () => {
        await context.close();
        await dashboard.enable(app.client, `Account at ${strategy}`, false);
      });

      it("signs in", async () => {
        await page.goto(`${app.url}sign-in?connection=${strategy}`);
        await atStandIn(page, "ada");
        await page.getByRole("button", { name: "Allow" }).click();
        await heading(/^Signed in as ada/i).waitFor();
      });

      it("connects a second account", async () => {
        await page.goto(`${app.url}connect?connection=${strategy}&login_hint=grace`);
        await atStandIn(page, "grace");
        await heading(/^Connected cac_/).waitFor();
        assert.equal((await app.accounts()).length, 2);
      });

      it("stores what came, and refreshes it when it has ended", async () => {
        const first = await app.exchange(strategy);
        assert.equal(first.status, 200, JSON.stringify(first.body));
        const seen = new Set([first.body.access_token]);
        for (let round = 0; round < 2; round += 1) {
          await later(3.1);
          const fresh = await app.exchange(strategy);
          assert.equal(fresh.status, 200, JSON.stringify(fresh.body));
          seen.add(fresh.body.access_token);
        }
        assert.equal(seen.size, 3, "each round brought a token of its own");
      });

      it("takes the account back", async () => {
        for (const { id } of await app.accounts()) {
          assert.equal((await app.api("DELETE", `accounts/${id}`)).status, 204);
        }
        if (!revokes) return;
        for (let tries = 0; (await providers.grants(host)).some((grant) => grant.alive); tries += 1) {
          assert.ok(tries < 100, "the provider still has a grant");
          await later(0.1);
        }
      });
    });
  }
});
