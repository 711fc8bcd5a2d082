// APIs in the dashboard, and the tokens that applications get for them.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { launch, visit } from "../lib/browser.js";
import { Coffer } from "../lib/coffer.js";
import { Dashboard } from "../lib/dashboard.js";
import { look } from "../lib/look.js";

const API = "https://calendar.example.com/v1";

describe("APIs", { timeout: 300_000 }, () => {
  let coffer, browser, page, dashboard, client, address;
  before(async () => {
    coffer = await Coffer.start();
    browser = await launch();
    ({ page } = await visit(browser, { bypassCSP: true }));
    dashboard = new Dashboard(page, coffer.url);
    await dashboard.setUp(coffer.setupLink);
  });
  after(async () => {
    await browser?.close();
    await coffer?.stop();
  });

  const row = (label, at) => page.getByLabel(`${label} ${at}`, { exact: true });
  const token = (fields = {}) =>
    coffer.token({
      grant_type: "client_credentials",
      client_id: client.id,
      client_secret: client.secret,
      audience: API,
      ...fields,
    });
  const claims = (jwt) => JSON.parse(Buffer.from(jwt.split(".")[1], "base64url").toString());

  it("the list has Coffer's own first, which cannot be changed", async () => {
    await dashboard.open("console/apis");
    await page.getByText("None of your own yet").waitFor();
    await look(page, "apis-own");
    await dashboard.link("Management API").click();
    await dashboard.heading("Management API").waitFor();
    await page.getByText("cannot be changed").waitFor();
    assert.equal(await dashboard.button("Save changes").count(), 0);
    assert.equal(await dashboard.button("Delete API").count(), 0);
    await look(page, "api-management");
  });

  it("one is created with scopes; what is wrong stands beside its row", async () => {
    await dashboard.open("console/apis/new");
    await dashboard.field("Name").fill("Calendar");
    await dashboard.field("Identifier").fill("two words");
    for (const [at, value, words] of [
      [1, "read:events", "See your events"],
      [2, "read:events", "The same again"],
      [3, "write:events", "Change your events"],
    ]) {
      await dashboard.button("Add scope").click();
      await row("Scope", at).and(page.locator(":focus")).waitFor();
      await row("Scope", at).fill(value);
      await row("What it lets an application do", at).fill(words);
    }
    await dashboard.button("Create API").click();
    await page.getByText("read:events is there twice.").waitFor();
    await page.getByText("Enter an identifier without spaces").waitFor();
    assert.equal(await row("Scope", 2).getAttribute("aria-invalid"), "true");
    assert.equal(await row("Scope", 1).getAttribute("aria-invalid"), null);
    await look(page, "api-new-errors");
    await dashboard.field("Identifier").fill(`${coffer.url}me/`);
    await dashboard.button("Remove scope 2").click();
    await dashboard.button("Create API").click();
    await page.getByText("This server uses this identifier itself.").waitFor();
    await dashboard.field("Identifier").fill(API);
    await dashboard.button("Create API").click();
    await dashboard.heading("Calendar").waitFor();
    address = new URL(page.url()).pathname.slice(1);
  });

  it("its quick start has this API's own values", async () => {
    await page.getByText(`${coffer.url}.well-known/jwks.json`).waitFor();
    const shown = await page.getByRole("region").allTextContents();
    for (const part of [`audience=${API}`, `audience: "${API}"`, "read:events", `"resource": "${API}"`]) {
      assert.ok(shown.some((text) => text.includes(part)), part);
    }
    await page.getByText("https://calendar.example.com/.well-known/oauth-protected-resource/v1").first().waitFor();
    await look(page, "api-quick-start");
  });

  it("an application is authorized, for the scopes that are chosen", async () => {
    client = await dashboard.createApplication("Report", { type: "Machine to machine", vault: false });
    assert.equal((await token()).status, 403, "before it is authorized");
    await dashboard.open(`${address}?tab=applications`);
    await look(page, "api-applications");
    await page.getByRole("switch", { name: "Report may use Calendar for itself" }).check();
    await dashboard.toast("Report may use Calendar for itself.");
    await look(page, "api-scopes");
    await page.getByRole("checkbox", { name: /^read:events/ }).check();
    await dashboard.button("Save scopes").click();
    await page.getByText("1 of 2 scopes").waitFor();
  });

  it("gets a token that says so", async () => {
    const { status, body } = await token();
    assert.equal(status, 200, JSON.stringify(body));
    const { iss, sub, aud, client_id, scope, exp, iat } = claims(body.access_token);
    assert.deepEqual(
      { iss, sub, aud, client_id, scope, life: exp - iat },
      { iss: coffer.url, sub: client.id, aud: API, client_id: client.id, scope: "read:events", life: 3600 },
    );
    assert.equal((await token({ scope: "write:events" })).body.error, "invalid_scope");
  });

  it("settings are saved and hold for the next token; a scope that is removed is lost", async () => {
    await dashboard.open(`${address}?tab=settings`);
    await dashboard.field("Lifetime in seconds").fill("10");
    await dashboard.button("Save changes").click();
    await page.getByText("Enter from 60 to").waitFor();
    await dashboard.field("Lifetime in seconds").fill("120");
    await dashboard.field("Signing algorithm").selectOption("ES256");
    await look(page, "api-settings");
    await dashboard.button("Remove scope 1").click();
    await dashboard.button("Save changes").click();
    await dashboard.toast("Changes saved.");
    const { access_token } = (await token()).body;
    assert.equal(JSON.parse(Buffer.from(access_token.split(".")[0], "base64url")).alg, "ES256");
    const { exp, iat, scope } = claims(access_token);
    assert.deepEqual([exp - iat, scope ?? ""], [120, ""]);
  });

  it("the application's page says the same, and switches it", async () => {
    await dashboard.open(`console/applications/${client.id}?tab=apis`);
    await page.getByText("0 of 1 scopes").waitFor();
    await page.getByRole("switch", { name: "Report may use Management API for itself" }).check();
    await dashboard.button("All").click();
    await look(page, "application-apis");
    await dashboard.button("Save scopes").click();
    await page.getByText(/^(\d+) of \1 scopes$/).waitFor();
    await page.getByRole("switch", { name: "Report may use Calendar for itself" }).uncheck();
    await dashboard.toast("may no longer use Calendar");
    assert.equal((await token()).status, 403);
  });

  it("it becomes the API's server, and gets further APIs by refresh token", async () => {
    await dashboard.field("Identifier of the API").fill("https://nowhere.example/");
    await dashboard.button("Add API").click();
    await row("API identifier", 1).and(page.locator(":focus")).waitFor();
    await row("API identifier", 1).fill(API);
    await row("Scopes, separated by spaces", 1).fill("write:events read:events");
    const save = page.getByRole("button", { name: "Save changes" }).last();
    await save.click();
    await page.getByText("There is no API “https://nowhere.example/”.").waitFor();
    await page.getByText("has no scope “read:events”").waitFor();
    await look(page, "application-exchange");
    await dashboard.field("Identifier of the API").fill(API);
    await row("Scopes, separated by spaces", 1).fill("write:events");
    await save.click();
    await dashboard.toast("Changes saved.");
    // The other form knows of it: it does not take it back, nor is it refused.
    await dashboard.link("Settings").click();
    await dashboard.field("Description").fill("Writes reports");
    await page.getByRole("button", { name: "Save changes" }).first().click();
    await page.waitForTimeout(300);
    await dashboard.open(`console/applications/${client.id}?tab=apis`);
    assert.equal(await dashboard.field("Identifier of the API").inputValue(), API);
    assert.equal(await row("Scopes, separated by spaces", 1).inputValue(), "write:events");
    await dashboard.link("Settings").click();
    assert.equal(await dashboard.field("Description").inputValue(), "Writes reports");
  });

  it("is searched on its tabs, which stay", async () => {
    // What is typed before the scripts run stays.
    let run;
    const typed = new Promise((resolve) => (run = resolve));
    await page.route("**/*.wasm", (route) => typed.then(() => route.continue()));
    await page.goto(new URL(`${address}?tab=applications`, coffer.url).href, { waitUntil: "domcontentloaded" });
    const box = page.getByRole("searchbox", { name: "Search applications" });
    await box.fill("nobody");
    run();
    // Controls wait for the scripts.
    await page.getByRole("switch", { name: "Report may use Calendar for itself" }).and(page.locator(":enabled")).waitFor();
    await page.unroute("**/*.wasm");
    assert.equal(await box.inputValue(), "nobody");
    await page.keyboard.press("Enter");
    await page.getByText("Nothing found").waitFor();
    await dashboard.link("Show all").click();
    await page.getByText("Machine to machine").waitFor();
    await dashboard.open("console/apis");
    await page.getByRole("searchbox").fill("calendar.example");
    await page.keyboard.press("Enter");
    // The whole list is there until what was found comes.
    await dashboard.link("Management API").waitFor({ state: "detached" });
    await dashboard.link("Calendar").waitFor();
    await look(page, "apis-found");
  });

  it("is deleted after its name was typed", async () => {
    await dashboard.open(address);
    await dashboard.button("Delete API").click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("Calendar");
    await dialog.getByRole("button", { name: "Delete", exact: true }).click();
    await dashboard.toast("The API is deleted.");
    const { status, body } = await token();
    assert.equal(status, 400, JSON.stringify(body));
    assert.equal(body.error, "invalid_target");
    await dashboard.open(`console/applications/${client.id}?tab=apis`);
    assert.equal(await dashboard.field("Identifier of the API").inputValue(), "");
  });
});
