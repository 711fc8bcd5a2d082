// An agent without a browser: its user enters a code in theirs, with and without JavaScript.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { launch, visit } from "../lib/browser.js";
import { Coffer } from "../lib/coffer.js";
import { Dashboard } from "../lib/dashboard.js";
import { look } from "../lib/look.js";
import { CLIENT, Providers, atStandIn } from "../lib/providers.js";
import { Terminal } from "../lib/terminal.js";

describe("an agent in a terminal", { timeout: 240_000 }, () => {
  let coffer, providers, browser, dashboard, terminal, page, problems, context, first;

  before(async () => {
    coffer = await Coffer.start();
    providers = await Providers.start();
    browser = await launch();
    dashboard = new Dashboard((await visit(browser)).page, coffer.url);
    await dashboard.setUp(coffer.setupLink);
    const connection = (name, display) =>
      dashboard.createConnection("enterprise", "oidc", {
        Name: name,
        "Display name": display,
        "Client ID": CLIENT.id,
        "Client Secret": CLIENT.secret,
        "Discovery URL": providers.issuer,
      });
    await connection("work", "Work");
    await connection("notes", "Notes");
    const client = await dashboard.createApplication("Night shift", {
      type: "Machine to machine",
      connectAccounts: true,
    });
    await dashboard.open(`console/applications/${client.id}?tab=settings`);
    for (const grant of [/^Refresh token/, /^Device code/]) {
      await dashboard.page.getByRole("checkbox", { name: grant }).check();
    }
    await dashboard.button("Save changes").click();
    await dashboard.toast("Changes saved.");
    await dashboard.enable(client, "Work");
    await dashboard.enable(client, "Notes");
    terminal = await Terminal.start(coffer.url, client);
    ({ page, context, problems } = await visit(browser, { bypassCSP: true }));
  });
  after(async () => {
    await browser?.close();
    await providers?.stop();
    await coffer?.stop();
  });

  const heading = (name, on = page) => on.getByRole("heading", { name, level: 1 });
  const press = (name, on = page) => on.getByRole("button", { name, exact: true }).click();

  it("shows an address and a code, and gets its tokens once its user allowed it", async () => {
    const shown = await terminal.ask();
    assert.equal(shown.verification_uri, `${coffer.url}activate`);
    await page.goto(shown.verification_uri);
    await heading("Connect a device").waitFor();
    await look(page, "device-enter");
    await page.getByLabel("Code", { exact: true }).fill("bcdf-ghjk");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").waitFor();
    assert.equal(await page.getByLabel("Code", { exact: true }).inputValue(), "bcdf-ghjk", "what was entered stays");
    await look(page, "device-enter-refused");
    await page.getByLabel("Code", { exact: true }).fill(shown.user_code.toLowerCase().replace("-", ""));
    await press("Continue");
    await press("Continue with Work");
    await atStandIn(page, "ada");
    await heading("Allow Night shift?").waitFor();
    await page.getByText("If somebody sent you the code").waitFor();
    await look(page, "device-consent");
    await press("Allow");
    await heading("You are done").waitFor();
    await look(page, "device-done");
    first = await shown.tokens;
    assert.equal(first.claims().name, "Ada");
    assert.equal((await terminal.vault(first.refresh_token, "work")).token_type, "bearer");
    // What the browser says of the status 422 of the wrong code is no problem of the page's.
    assert.deepEqual(problems.filter((text) => !text.includes("422")), []);
  });

  it("connects a further account of its user, without JavaScript in the browser", async () => {
    const plain = await visit(browser, { javaScriptEnabled: false });
    const shown = await terminal.ask({
      connection: "notes",
      connection_scope: "notes.read",
      id_token_hint: first.id_token,
    });
    await plain.page.goto(shown.verification_uri_complete);
    await heading("Is this the code on your device?", plain.page).waitFor();
    await plain.page.getByText(shown.user_code, { exact: true }).waitFor();
    await press("Yes, continue", plain.page);
    await atStandIn(plain.page, "ada");
    await heading("Allow Night shift?", plain.page).waitFor();
    await plain.page.getByText("Next, Notes asks you to connect your account there.").waitFor();
    await press("Allow", plain.page);
    await atStandIn(plain.page, "grace");
    await heading("You are done", plain.page).waitFor();
    const tokens = await shown.tokens;
    assert.equal(tokens.claims().sub, first.claims().sub, "the same user");
    const exchanged = await terminal.vault(tokens.refresh_token, "notes");
    assert.ok(exchanged.scope.split(" ").includes("notes.read"), exchanged.scope);
    const notes = await fetch(`${providers.base}/sandbox/api/notes`, {
      headers: { authorization: `Bearer ${exchanged.access_token}` },
    });
    assert.equal(notes.status, 200, "the provider's API takes the token");
    await plain.context.close();
  });

  it("is told when its user says no", async () => {
    const shown = await terminal.ask();
    await page.goto(shown.verification_uri_complete);
    await heading("Is this the code on your device?").waitFor();
    await look(page, "device-compare");
    await press("Yes, continue");
    await press("Deny");
    await heading("Nothing was allowed").waitFor();
    await look(page, "device-refused");
    await assert.rejects(shown.tokens, (error) => error.error === "access_denied");
  });

  it("can be used by keyboard alone", async () => {
    const shown = await terminal.ask();
    await page.goto(`${coffer.url}activate`);
    await page.keyboard.press("Tab");
    await page.keyboard.type(shown.user_code);
    await page.keyboard.press("Enter");
    await heading("Allow Night shift?").waitFor();
    const focus = async () => page.evaluate(() => document.activeElement?.textContent);
    for (let tries = 0; (await focus()) !== "Allow"; tries += 1) {
      assert.ok(tries < 10, "Allow cannot be reached");
      await page.keyboard.press("Tab");
    }
    await page.keyboard.press("Enter");
    await heading("You are done").waitFor();
    assert.ok((await shown.tokens).refresh_token);
    await context.close();
  });
});
