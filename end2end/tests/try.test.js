// Try connection, for the four mistakes that administrators make: a callback URL that is not registered, a
// wrong secret, a scope that the provider does not grant, and no offline access.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { launch, visit } from "../lib/browser.js";
import { Coffer } from "../lib/coffer.js";
import { Dashboard } from "../lib/dashboard.js";
import { look } from "../lib/look.js";
import { CLIENT, Providers, atStandIn } from "../lib/providers.js";

describe("a try of a connection", { timeout: 120_000 }, () => {
  let coffer, providers, browser, dashboard, page, connection;
  before(async () => {
    coffer = await Coffer.start();
    providers = await Providers.start();
    browser = await launch();
    ({ page } = await visit(browser, { bypassCSP: true }));
    dashboard = new Dashboard(page, coffer.url);
    await dashboard.setUp(coffer.setupLink);
    connection = await dashboard.createConnection("enterprise", "oidc", {
      Name: "work",
      "Client ID": CLIENT.id,
      "Client Secret": CLIENT.secret,
      "Discovery URL": providers.issuer,
      "Other scopes": "notes.read notes.write",
    });
  });
  after(async () => {
    await browser?.close();
    await providers?.stop();
    await coffer?.stop();
  });

  /** Tries the connection while the provider behaves like this, as far as its page. */
  async function attempt(settings, command) {
    await providers.reset();
    await providers.set(settings);
    if (command) await providers.command(command);
    return dashboard.beginTry(connection);
  }

  it("works, and says what came", async () => {
    const window = await attempt({});
    await atStandIn(window, "ada");
    await page.getByText("The connection works.").waitFor();
    await page.getByText("Received.").waitFor();
    await look(page, "try-worked");
    await window.close();
  });

  // Against mix-up of providers (RFC 9700 section 4.4): answers that come to one connection alone.
  it("goes by a callback URL of the connection's own", async () => {
    const own = `${coffer.url}login/callback/work`;
    await dashboard.open(connection.slice(1));
    const shown = dashboard.field("Callback URL");
    assert.equal(await shown.inputValue(), `${coffer.url}login/callback`);
    await dashboard.field("Callback URL of its own").check();
    assert.equal(await shown.inputValue(), own, "what is shown follows the switch");
    await dashboard.button("Save changes").click();
    await dashboard.toast("Changes saved.");
    await page.reload();
    assert.equal(await dashboard.field("Callback URL").inputValue(), own);
    const window = await attempt({});
    await window.waitForURL((url) => url.searchParams.get("redirect_uri") === own);
    await atStandIn(window, "ada");
    await page.getByText("The connection works.").waitFor();
    await window.close();
    await dashboard.open(connection.slice(1));
    await dashboard.field("Callback URL of its own").uncheck();
    await dashboard.button("Save changes").click();
    await dashboard.toast("Changes saved.");
  });

  it("shows which callback URL to register where the provider does not know it", async () => {
    const client = { secret: CLIENT.secret, redirect_uris: ["https://another.example/callback"] };
    const window = await attempt({}, { command: "register", host: "sandbox", client_id: CLIENT.id, client });
    await window.getByText(/redirect/i).first().waitFor();
    await page.getByText("If it speaks of the redirect URI").waitFor();
    const shown = await dashboard.field("Callback URL to register").inputValue();
    assert.equal(shown, `${coffer.url}login/callback`);
    await look(page, "try-waiting");
    await dashboard.button("Cancel").click();
    await window.close().catch(() => {});
  });

  it("names a wrong secret", async () => {
    const window = await attempt({ client_secret: "another" });
    await atStandIn(window, "ada");
    await page.getByText("The connection does not work yet.").waitFor();
    await page.getByText(/invalid_client/).waitFor();
    await page.getByText(/does not accept client id and secret/).waitFor();
    await look(page, "try-failed");
    await window.close();
  });

  it("names the scopes that were not granted", async () => {
    const window = await attempt({ granted: ["openid", "profile", "email", "offline_access", "notes.read"] });
    await atStandIn(window, "ada");
    await page.getByText("The provider did not grant every scope.").waitFor();
    const missing = page.locator("div", { has: page.getByRole("heading", { name: "Asked for, but not granted" }) }).last();
    assert.match(await missing.textContent(), /notes\.write/);
    assert.doesNotMatch(await missing.textContent(), /notes\.read/);
    await window.close();
  });

  it("says that no refresh token came", async () => {
    const window = await attempt({ refresh_tokens: false });
    await atStandIn(window, "ada");
    await page.getByText(/No refresh token came/).waitFor();
    await page.getByText("Not received.").waitFor();
    await window.close();
  });
});
