// Administrators sign in through an enterprise connection, with an account that they linked to theirs.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Authenticator } from "../lib/authenticator.js";
import { launch, visit } from "../lib/browser.js";
import { Coffer } from "../lib/coffer.js";
import { ADMIN, Dashboard } from "../lib/dashboard.js";
import { look } from "../lib/look.js";
import { CLIENT, Providers, atStandIn } from "../lib/providers.js";

const EVE = "eve@coffer.example";
const PASSWORD = "several other unrelated words";
const SWITCH = "Administrators sign in through it";

describe("signing in to the dashboard through a connection", { timeout: 300_000 }, () => {
  let coffer, providers, browser, owner, path, problems;
  before(async () => {
    [coffer, providers, browser] = await Promise.all([Coffer.start(), Providers.start(), launch()]);
    problems = [];
    owner = await person();
    await owner.setUp(coffer.setupLink);
  });
  after(async () => {
    await browser?.close();
    await providers?.stop();
    await coffer?.stop();
  });

  async function person() {
    const seen = await visit(browser, { bypassCSP: true });
    problems.push(seen.problems);
    return new Dashboard(seen.page, coffer.url);
  }

  async function signOut(dashboard) {
    await dashboard.button("Sign out").first().click();
    await dashboard.heading("Sign in to Coffer").waitFor();
  }

  it("is switched on by an owner", async () => {
    path = await owner.createConnection("enterprise", "oidc", {
      Name: "acme",
      "Display name": "Acme",
      "Client ID": CLIENT.id,
      "Client Secret": CLIENT.secret,
      "Discovery URL": providers.issuer,
    });
    await owner.open("console/account");
    await owner.page.getByText("You have none.").waitFor();
    assert.equal(await owner.page.getByText("Linked accounts").count(), 0, "nothing is offered yet");
    await owner.open(path);
    await owner.page.getByRole("switch", { name: SWITCH }).check();
    await owner.button("Save changes").click();
    await owner.toast("Changes saved.");
    await owner.page.reload();
    await owner.page.getByRole("switch", { name: SWITCH }).waitFor();
    assert.equal(await owner.page.getByRole("switch", { name: SWITCH }).isChecked(), true);
    await look(owner.page, "through-connection");
  });

  it("takes an account that was linked with the password", async () => {
    await owner.open("console/account");
    await owner.page.getByText("You have linked none.").waitFor();
    await look(owner.page, "through-none");
    await owner.button("Link an account of Acme").click();
    const dialog = owner.page.getByRole("dialog");
    await dialog.getByLabel("Your password").fill("not the right one");
    await dialog.getByRole("button", { name: "Continue" }).click();
    await dialog.getByText("This is not your password.").waitFor();
    await look(owner.page, "through-password");
    await dialog.getByLabel("Your password").fill(ADMIN.password);
    await dialog.getByRole("button", { name: "Continue" }).click();
    await atStandIn(owner.page, "ada");
    await owner.page.getByText("The account is linked").waitFor();
    await owner.page.getByText("ada@sandbox.example").first().waitFor();
    await look(owner.page, "through-linked");
  });

  it("leads to the page that was asked for", async () => {
    await signOut(owner);
    await owner.open("console/sign-in?return_to=%2Fconsole%2Flogs%3Fcode%3Dadmin");
    await owner.button("Sign in with Acme").waitFor();
    await look(owner.page, "through-sign-in");
    await owner.button("Sign in with Acme").click();
    await atStandIn(owner.page, "ada");
    await owner.heading("Logs").waitFor();
    assert.equal(new URL(owner.page.url()).search, "?code=admin");
    await owner.page.locator("summary", { hasText: "Administrator signed in" }).first().click();
    await owner.page.getByText("signed in with an account through Acme.").first().waitFor();
  });

  it("lets nobody in who has linked no account, and says so", async () => {
    const stranger = await person();
    await stranger.open("console/sign-in");
    await stranger.button("Sign in with Acme").click();
    await atStandIn(stranger.page, "eve");
    await stranger.page.getByText("Nobody here has linked the account").waitFor();
    await look(stranger.page, "through-unknown");
    await stranger.button("Sign in with Acme").click();
    await atStandIn(stranger.page, "eve", "Deny");
    await stranger.page.getByText("The provider did not complete the sign-in").waitFor();
    await stranger.page.context().close();
  });

  it("asks for the second factor all the same", async () => {
    await owner.open("console/account");
    await owner.button("Add authenticator app").click();
    await owner.page.getByRole("textbox", { name: "Your password" }).fill(ADMIN.password);
    await owner.button("Continue").click();
    await owner.page.getByRole("img", { name: /^QR code/ }).waitFor();
    const phone = new Authenticator(await owner.field("Key").inputValue());
    await owner.field("Code").fill(await phone.next());
    await owner.button("Add").click();
    await owner.button("I have kept them").click();
    await signOut(owner);
    await owner.button("Sign in with Acme").click();
    await atStandIn(owner.page, "ada");
    await owner.heading("Second factor").waitFor();
    await owner.field("Code").fill(await phone.next());
    await owner.button("Sign in").click();
    await owner.heading("Overview").waitFor();
  });

  it("is changed by owners alone", async () => {
    await owner.open("console/administrators");
    await owner.page.getByRole("textbox", { name: "E-mail address" }).fill(EVE);
    await owner.page.getByRole("radio", { name: "Editor" }).check();
    await owner.button("Create invitation").click();
    const eve = await person();
    await eve.page.goto(await owner.field("Invitation link").inputValue());
    await eve.field("Password").fill(PASSWORD);
    await eve.button("Join").click();
    await eve.heading("Overview").waitFor();
    await eve.open(path);
    await eve.page.getByText("so owners alone change it.").waitFor();
    assert.equal(await eve.field("Client ID").isDisabled(), true);
    for (const name of ["Save changes", "Delete connection"]) assert.equal(await eve.button(name).isVisible(), false, name);
    assert.equal(await eve.page.getByRole("switch", { name: SWITCH }).count(), 0);
    await look(eve.page, "through-editor");
    await eve.page.context().close();
  });

  it("ends when the account is removed", async () => {
    await owner.open("console/account");
    const row = owner.page.getByRole("listitem").filter({ hasText: "ada@sandbox.example" });
    await row.getByRole("button", { name: "Remove" }).click();
    await owner.page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
    await owner.toast("The account is not linked any more.");
    await owner.page.getByText("You have linked none.").waitFor();
    await signOut(owner);
    await owner.field("E-mail address").waitFor();
    assert.equal(await owner.button("Sign in with Acme").count(), 0);
    assert.deepEqual(problems.flat().filter((text) => !/status of 4\d\d/.test(text)), []);
  });
});
