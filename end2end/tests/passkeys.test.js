// Passkeys of administrators, with Chromium's own authenticator for tests.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { launch, visit } from "../lib/browser.js";
import { Coffer } from "../lib/coffer.js";
import { ADMIN, Dashboard } from "../lib/dashboard.js";
import { look } from "../lib/look.js";

/** What the browser's authenticator is like. */
const options = {
  protocol: "ctap2",
  transport: "internal",
  hasResidentKey: true,
  hasUserVerification: true,
  isUserVerified: true,
  automaticPresenceSimulation: true,
};

describe("a passkey", { timeout: 300_000 }, () => {
  let coffer, browser, owner, devtools, authenticatorId, seen;
  before(async () => {
    [coffer, browser] = await Promise.all([Coffer.start(), launch()]);
    seen = await visit(browser, { bypassCSP: true });
    owner = new Dashboard(seen.page, coffer.url);
    devtools = await seen.context.newCDPSession(seen.page);
    await devtools.send("WebAuthn.enable");
    ({ authenticatorId } = await devtools.send("WebAuthn.addVirtualAuthenticator", { options }));
    await owner.setUp(coffer.setupLink);
  });
  after(async () => {
    await browser?.close();
    await coffer?.stop();
  });

  const verified = (isUserVerified) => devtools.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified });
  const credentials = async () => (await devtools.send("WebAuthn.getCredentials", { authenticatorId })).credentials;

  async function add(name, password = ADMIN.password) {
    await owner.open("console/account");
    await owner.button("Add passkey").click();
    await owner.page.getByRole("textbox", { name: "Your password" }).fill(password);
    await owner.field("Name").fill(name);
    await owner.button("Continue").click();
  }

  async function signOut() {
    await owner.open("console/overview");
    await owner.button("Sign out").first().click();
    await owner.heading("Sign in to Coffer").waitFor();
  }

  it("is added by who knows the password", async () => {
    await add("Laptop", "not the right one");
    await owner.page.getByText("This is not your password.").waitFor();
    await look(owner.page, "passkey-add");
    await owner.page.getByRole("textbox", { name: "Your password" }).fill(ADMIN.password);
    await owner.button("Continue").click();
    await owner.page.getByRole("group", { name: "Your recovery codes for Coffer" }).waitFor();
    await owner.button("I have kept them").click();
    await owner.page.getByText(/^Passkey, added .* not used yet$/).waitFor();
    await look(owner.page, "passkey-added");
    const [made] = await credentials();
    assert.equal((await credentials()).length, 1);
    assert.equal(made.rpId, "localhost");
    assert.ok(made.isResidentCredential);
  });

  it("is not made twice on one device", async () => {
    await add("Again");
    await owner.page.getByText("has a passkey for your account already").waitFor();
  });

  it("signs in by itself", async () => {
    await signOut();
    await owner.button("Sign in with a passkey").waitFor();
    await look(owner.page, "passkey-sign-in");
    await owner.button("Sign in with a passkey").click();
    await owner.heading("Overview").waitFor();
    await owner.open("console/account");
    await owner.page.getByText(/^Passkey, added .* last used/).waitFor();
  });

  it("does not without its owner's fingerprint or PIN", async () => {
    await signOut();
    await verified(false);
    await owner.button("Sign in with a passkey").click();
    await owner.page.getByText("You cancelled it").waitFor();
    await verified(true);
  });

  it("proves who signs in after the password, and goes on to the page that was wanted", async () => {
    await owner.open("console/sign-in?return_to=%2Fconsole%2Flogs");
    await owner.field("E-mail address").fill(ADMIN.email);
    await owner.field("Password").fill(ADMIN.password);
    await owner.button("Sign in").click();
    await owner.heading("Second factor").waitFor();
    await owner.button("Sign in with a passkey").waitFor();
    await look(owner.page, "passkey-factor");
    await owner.button("Sign in with a passkey").click();
    await owner.heading("Logs").waitFor();
    await owner.page.getByText("signed in with a password and a passkey").first().waitFor({ state: "attached" });
  });

  it("is the first factor of who has to have one", async () => {
    await owner.open("console/administrators");
    await owner.button("Require a second factor").click();
    await owner.button("Require it").click();
    await owner.toast("A second factor is required now.");
    await owner.page.getByRole("textbox", { name: "E-mail address" }).fill("eve@coffer.example");
    await owner.button("Create invitation").click();
    const eves = await visit(browser, { bypassCSP: true });
    const eve = new Dashboard(eves.page, coffer.url);
    const tools = await eves.context.newCDPSession(eves.page);
    await tools.send("WebAuthn.enable");
    await tools.send("WebAuthn.addVirtualAuthenticator", { options });
    await eve.page.goto(await owner.field("Invitation link").inputValue());
    await eve.field("Password").fill("several other unrelated words");
    await eve.button("Join").click();
    await eve.heading("Add a second factor").waitFor();
    await eve.button("Add a passkey").waitFor();
    await look(eve.page, "passkey-enrol");
    await eve.button("Add a passkey").click();
    await eve.page.getByRole("group", { name: "Your recovery codes for Coffer" }).waitFor();
    const codes = await eve.page.locator("ol code").allTextContents();
    const [file] = await Promise.all([eve.page.waitForEvent("download"), eve.button("Download codes").click()]);
    assert.equal(file.suggestedFilename(), "coffer-recovery-codes.txt");
    const text = await readFile(await file.path(), "utf8");
    assert.deepEqual(text.match(/^[0-9a-z]{4}(-[0-9a-z]{4}){3}$/gm), codes);
    assert.ok(!file.url().includes(codes[0]), "the codes are in no address");
    await eve.button("Continue").click();
    await eve.heading("Overview").waitFor();
    await eve.open("console/account");
    await eve.page.getByText(/^Passkey, added|^added/).first().waitFor();
    await eves.context.close();
    await owner.open("console/administrators");
    await owner.button("Stop requiring it").click();
    await owner.page.getByRole("dialog").getByRole("button", { name: "Stop requiring it" }).click();
    await owner.toast("It is not required any more.");
  });

  it("opens nothing once it is removed", async () => {
    await owner.open("console/account");
    await owner.button("Remove Laptop").click();
    const dialog = owner.page.getByRole("dialog");
    await dialog.getByLabel("Your password").fill(ADMIN.password);
    await dialog.getByRole("button", { name: "Remove" }).click();
    await owner.page.getByText("You have none.").waitFor();
    await signOut();
    await owner.button("Sign in with a passkey").click();
    await owner.page.getByText("This passkey was not accepted.").waitFor();
    await look(owner.page, "passkey-refused");
    assert.deepEqual(seen.problems.filter((text) => !/status of 4\d\d/.test(text)), []);
  });
});
