// The second factor of administrators: authenticator apps, recovery codes, the requirement, and the way out.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Authenticator } from "../lib/authenticator.js";
import { launch, visit } from "../lib/browser.js";
import { Coffer } from "../lib/coffer.js";
import { ADMIN, Dashboard } from "../lib/dashboard.js";
import { look } from "../lib/look.js";

const EVE = "eve@coffer.example";
const PASSWORD = "several other unrelated words";

describe("a second factor", { timeout: 600_000 }, () => {
  let coffer, browser, owner, eve, problems, phone, codes;
  before(async () => {
    [coffer, browser] = await Promise.all([Coffer.start(), launch()]);
    problems = [];
    const person = async () => {
      const seen = await visit(browser, { bypassCSP: true });
      problems.push(seen.problems);
      return new Dashboard(seen.page, coffer.url);
    };
    [owner, eve] = [await person(), await person()];
    await owner.setUp(coffer.setupLink);
  });
  after(async () => {
    await browser?.close();
    await coffer?.stop();
  });

  /** The first page of the sign-in. */
  async function password(dashboard, email, text) {
    await dashboard.open("console/sign-in?return_to=%2Fconsole%2Flogs");
    await dashboard.field("E-mail address").fill(email);
    await dashboard.field("Password").fill(text);
    await dashboard.button("Sign in").click();
  }

  it("is added by who knows the password", async () => {
    await owner.link("Your account").first().click();
    await owner.heading("Your account").waitFor();
    await owner.page.getByText("You have none.").waitFor();
    await look(owner.page, "factor-none");
    await owner.button("Add authenticator app").click();
    await owner.field("Your password").fill("not the right one");
    await owner.field("Name").fill("Phone");
    await owner.button("Continue").click();
    await owner.page.getByText("This is not your password.").waitFor();
    await look(owner.page, "factor-password");
    await owner.field("Your password").fill(ADMIN.password);
    await owner.button("Continue").click();
    await owner.page.getByRole("img", { name: /^QR code/ }).waitFor();
    phone = new Authenticator(await owner.field("Key").inputValue());
    await owner.field("Code").fill("000000");
    await owner.button("Add").click();
    await owner.page.getByText("This is not the code that the app shows now.").waitFor();
    await look(owner.page, "factor-secret");
    await owner.field("Code").fill(await phone.next());
    await owner.button("Add").click();
    await owner.page.getByRole("group", { name: "Your recovery codes for Coffer" }).waitFor();
    codes = await owner.page.locator("ol code").allTextContents();
    assert.equal(codes.length, 10);
    assert.match(codes[0], /^([0-9a-z]{4}-){3}[0-9a-z]{4}$/);
    await owner.page.getByText("You have 10 recovery codes left.").waitFor();
    await look(owner.page, "factor-codes");
    await owner.page.emulateMedia({ media: "print" });
    await owner.page.getByText("You have 10 recovery codes left.").waitFor({ state: "hidden" });
    assert.equal(await owner.page.locator("ol code").first().isVisible(), true);
    await owner.page.emulateMedia({ media: "screen" });
    await owner.button("I have kept them").click();
    assert.equal(await owner.page.getByText(codes[0]).count(), 0);
    await owner.page.reload();
    await owner.page.getByText(/added .*not used yet/).waitFor();
    await look(owner.page, "factor-added");
  });

  it("is asked for after the password", async () => {
    await owner.button("Sign out").first().click();
    await owner.heading("Sign in to Coffer").waitFor();
    await password(owner, ADMIN.email, ADMIN.password);
    await owner.heading("Second factor").waitFor();
    await owner.field("Code").waitFor();
    await owner.page.waitForFunction(() => document.activeElement?.id === "field-code");
    await look(owner.page, "sign-in-factor");
    // Nothing is open meanwhile.
    const other = await owner.page.context().newPage();
    await other.goto(new URL("console/users", coffer.url).href);
    await other.getByRole("heading", { name: "Sign in to Coffer" }).waitFor();
    await other.close();
    await owner.field("Code").fill("000000");
    await owner.button("Sign in").click();
    await owner.page.getByText("This code is wrong").waitFor();
    await owner.field("Code").fill(await phone.next());
    await owner.button("Sign in").click();
    await owner.heading("Logs").waitFor();
    await owner.page.locator("summary", { hasText: "Second factor was wrong" }).first().waitFor();
  });

  it("is asked for without scripts, too, and a recovery code takes its place", async () => {
    const plain = await visit(browser, { javaScriptEnabled: false });
    const dashboard = new Dashboard(plain.page, coffer.url);
    await password(dashboard, ADMIN.email, ADMIN.password);
    await dashboard.heading("Second factor").waitFor();
    await dashboard.field("Code").fill("0000-0000-0000-0000");
    await dashboard.button("Sign in").click();
    await plain.page.getByText("This code is wrong").waitFor();
    await dashboard.field("Code").fill(codes[0].toUpperCase());
    await dashboard.button("Sign in").click();
    await dashboard.heading("Your account").waitFor();
    await plain.page.getByText("You signed in with a recovery code").waitFor();
    await plain.page.getByText("You have 9 recovery codes left.").first().waitFor();
    await plain.context.close();
    const scripted = await visit(browser, { bypassCSP: true });
    const again = new Dashboard(scripted.page, coffer.url);
    await password(again, ADMIN.email, ADMIN.password);
    await again.field("Code").fill(codes[1]);
    await again.button("Sign in").click();
    await scripted.page.getByText("You signed in with a recovery code").waitFor();
    await look(scripted.page, "factor-recovered");
    await again.button("Make new recovery codes").click();
    const dialog = scripted.page.getByRole("dialog");
    await dialog.getByLabel("Your password").fill(ADMIN.password);
    await look(scripted.page, "factor-new-codes");
    await again.button("Make codes").click();
    await again.page.getByText("You have 10 recovery codes left.").first().waitFor();
    const fresh = await again.page.locator("ol code").allTextContents();
    assert.equal(fresh.filter((code) => codes.includes(code)).length, 0);
    await scripted.context.close();
  });

  it("is required of everybody, who add it at the sign-in", async () => {
    await owner.open("console/administrators");
    await owner.page.getByRole("textbox", { name: "E-mail address" }).fill(EVE);
    await owner.button("Create invitation").click();
    await owner.toast("is invited.");
    const link = await owner.field("Invitation link").inputValue();
    await eve.page.goto(link);
    await eve.field("Password").fill(PASSWORD);
    await eve.button("Join").click();
    await eve.heading("Overview").waitFor();
    await owner.page.reload();
    await owner.button("Require a second factor").click();
    await look(owner.page, "administrators-require");
    await owner.button("Require it").click();
    await owner.toast("A second factor is required now.");
    await owner.page.getByText("Every administrator needs a second factor.").waitFor();
    await look(owner.page, "administrators-required");

    await eve.open("console/users");
    await eve.heading("Sign in to Coffer").waitFor();
    await password(eve, EVE, PASSWORD);
    await eve.heading("Add a second factor").waitFor();
    const app = new Authenticator(await eve.field("Key").inputValue());
    await look(eve.page, "sign-in-enrol");
    await eve.field("Code").fill("000000");
    await eve.button("Add and sign in").click();
    await eve.page.getByText("This is not the code that the app shows now.").waitFor();
    await eve.field("Code").fill(await app.next());
    await eve.button("Add and sign in").click();
    await eve.page.getByRole("group", { name: "Your recovery codes for Coffer" }).waitFor();
    await look(eve.page, "sign-in-enrolled");
    await eve.button("Continue").click();
    await eve.heading("Logs").waitFor();

    await eve.open("console/account");
    await eve.button("Remove Authenticator app").click();
    const dialog = eve.page.getByRole("dialog");
    await dialog.getByLabel("Your password").fill(PASSWORD);
    await dialog.getByRole("button", { name: "Remove" }).click();
    await dialog.getByText("this is your last one").waitFor();
    await eve.button("Cancel").click();
  });

  it("is reset by an owner where it is lost", async () => {
    await owner.open("console/administrators");
    const row = owner.page.getByRole("row", { name: new RegExp(EVE) });
    assert.match(await row.textContent(), /Yes/);
    await row.getByRole("button", { name: "Reset second factor" }).click();
    const dialog = owner.page.getByRole("dialog");
    await dialog.getByLabel("E-mail address").fill(EVE);
    await look(owner.page, "administrators-reset");
    await dialog.getByRole("button", { name: "Reset" }).click();
    await owner.toast("has no second factor now.");
    await eve.open("console/users");
    await eve.heading("Sign in to Coffer").waitFor();
    await password(eve, EVE, PASSWORD);
    await eve.heading("Add a second factor").waitFor();
  });

  it("is required no more, and removed", async () => {
    await owner.button("Stop requiring it").click();
    await owner.page.getByRole("dialog").getByRole("button", { name: "Stop requiring it" }).click();
    await owner.toast("It is not required any more.");
    await owner.open("console/account");
    await owner.button("Remove Phone").click();
    const dialog = owner.page.getByRole("dialog");
    await dialog.getByLabel("Your password").fill(ADMIN.password);
    await look(owner.page, "factor-remove");
    await dialog.getByRole("button", { name: "Remove" }).click();
    await owner.toast("The second factor is removed.");
    await owner.page.getByText("You have none.").waitFor();
    assert.deepEqual(problems.flat().filter((text) => !/status of 4\d\d/.test(text)), []);
  });
});
