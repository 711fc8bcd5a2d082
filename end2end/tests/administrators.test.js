// Administrators: invited, with roles, and what each role is offered.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { launch, visit } from "../lib/browser.js";
import { Coffer } from "../lib/coffer.js";
import { ADMIN, Dashboard } from "../lib/dashboard.js";
import { look } from "../lib/look.js";

const EVE = "eve@coffer.example";
const PASSWORD = "several other unrelated words";

describe("administrators", { timeout: 300_000 }, () => {
  let coffer, browser, owner, eve, problems, link;
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
    await owner.createApplication("Agent", { callbacks: ["https://app.example/callback"] });
  });
  after(async () => {
    await browser?.close();
    await coffer?.stop();
  });

  const row = (email) => owner.page.getByRole("row", { name: new RegExp(email) });

  /** Gives Eve another role; she signs in again where she lost rights by it. */
  async function become(role) {
    await owner.open("console/administrators");
    await owner.button(`Change role of ${EVE}`).click();
    await owner.page.getByRole("dialog").getByRole("radio", { name: role }).check();
    await owner.button("Save role").click();
    await owner.toast("now.");
  }

  async function signIn(dashboard, email, password) {
    await dashboard.open("console/sign-in");
    await dashboard.field("E-mail address").fill(email);
    await dashboard.field("Password").fill(password);
    await dashboard.button("Sign in").click();
    await dashboard.heading("Overview").waitFor();
  }

  it("are invited by a link that is shown once", async () => {
    await owner.link("Administrators").first().click();
    await owner.heading("Administrators").waitFor();
    assert.match(await row(ADMIN.email).textContent(), /You.*Owner/);
    await look(owner.page, "administrators-alone");
    // The questions before removing somebody have a field of that name, too.
    await owner.page.getByRole("textbox", { name: "E-mail address" }).fill(EVE);
    await owner.page.getByRole("radio", { name: "Viewer" }).check();
    await owner.button("Create invitation").click();
    await owner.toast("is invited.");
    link = await owner.field("Invitation link").inputValue();
    assert.match(link, /^http:\/\/localhost:\d+\/console\/invitation\?token=/);
    const pending = owner.page.getByRole("table", { name: "Pending invitations" });
    assert.match(await pending.textContent(), /eve@coffer\.example.*Viewer.*admin@coffer\.example/s);
    await look(owner.page, "administrators-invited");
    await owner.page.reload();
    await pending.waitFor();
    assert.equal(await owner.field("Invitation link").count(), 0);
  });

  it("join with a password of their own", async () => {
    await eve.page.goto(link);
    await eve.heading("Join Coffer").waitFor();
    await look(eve.page, "invitation");
    await eve.field("Password").fill("short");
    await eve.button("Join").click();
    await eve.page.getByText("Use at least 12 characters").waitFor();
    await eve.field("Password").fill(PASSWORD);
    await eve.button("Join").click();
    await eve.heading("Overview").waitFor();
    const used = await visit(browser);
    await used.page.goto(link);
    await used.page.getByText("This invitation is not valid").waitFor();
    await used.context.close();
  });

  it("who are viewers read, and have no button that changes something", async () => {
    const changes = /^(Create|Save|Rotate|Delete|Add|Set up|Remove|Change role|Withdraw)/;
    for (const path of [
      "overview", "connections/social", "connections/enterprise", "applications", "apis", "registration", "users", "logs",
      "webhooks", "administrators",
    ]) {
      await eve.open(`console/${path}`);
      await eve.page.getByText("You are a viewer").waitFor();
      await eve.page.getByText("Loading…").first().waitFor({ state: "detached" });
      for (const role of ["button", "link"]) {
        const offered = await eve.page.getByRole("main").getByRole(role).allTextContents();
        const shown = [];
        for (const [at, text] of offered.entries()) {
          if (changes.test(text.trim()) && (await eve.page.getByRole("main").getByRole(role).nth(at).isVisible())) shown.push(text);
        }
        assert.deepEqual(shown, [], path);
      }
    }
    await look(eve.page, "viewer-administrators");
    await eve.open("console/applications");
    await eve.link("Agent").click();
    await eve.heading("Agent").waitFor();
    await eve.field("Allowed callback URLs").waitFor();
    assert.equal(await eve.field("Allowed callback URLs").inputValue(), "https://app.example/callback");
    assert.ok(await eve.field("Name").first().isDisabled());
    assert.equal(await eve.button("Save changes").count(), 0);
    assert.equal(await eve.button("Delete application").count(), 0);
    await look(eve.page, "viewer-application");
  });

  it("who are editors change things, and not who administers", async () => {
    await become("Editor");
    await eve.open("console/applications");
    await eve.page.getByText("You are a viewer").waitFor({ state: "detached" });
    await eve.createApplication("Another agent");
    await eve.open("console/administrators");
    await eve.page.getByText("Owners decide who administers").waitFor();
    assert.equal(await eve.button("Remove").count(), 0);
    assert.equal(await eve.button("Create invitation").count(), 0);
    await look(eve.page, "editor-administrators");
  });

  it("change their own password, and are signed out elsewhere", async () => {
    const elsewhere = await visit(browser);
    const other = new Dashboard(elsewhere.page, coffer.url);
    await signIn(other, EVE, PASSWORD);
    await eve.link("Your account").first().click();
    await eve.heading("Your account").waitFor();
    await look(eve.page, "account");
    await eve.field("Current password").fill("not the right one");
    await eve.field("New password").fill("a password that is new");
    await eve.button("Change password").click();
    await eve.page.getByText("This is not your password.").waitFor();
    await eve.field("Current password").fill(PASSWORD);
    await eve.button("Change password").click();
    await eve.toast("Your password is changed.");
    await eve.page.reload();
    await eve.heading("Your account").waitFor();
    await other.open("console/users");
    await other.heading("Sign in to Coffer").waitFor();
    await elsewhere.context.close();
  });

  it("cannot lose their last owner", async () => {
    await owner.open("console/administrators");
    await owner.button(`Change role of ${ADMIN.email}`).click();
    const dialog = owner.page.getByRole("dialog");
    await dialog.getByRole("radio", { name: "Viewer" }).check();
    await look(owner.page, "administrators-role");
    await owner.button("Save role").click();
    await dialog.getByText("This is the last owner").waitFor();
    await owner.button("Cancel").click();
  });

  it("are removed after a question, and signed out", async () => {
    await row(EVE).getByRole("button", { name: "Remove" }).click();
    const dialog = owner.page.getByRole("dialog");
    await dialog.getByLabel("E-mail address").fill(EVE);
    await dialog.getByRole("button", { name: "Remove" }).click();
    await owner.toast("is removed.");
    await eve.open("console/users");
    await eve.heading("Sign in to Coffer").waitFor();
    assert.deepEqual(problems.flat().filter((text) => !/status of 4\d\d/.test(text)), []);
  });
});
