// The sandbox: from one click on the Overview page to an agent's API call, and what it gets after a revoke.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { after, before, describe, it } from "node:test";
import { launch, visit } from "../lib/browser.js";
import { Coffer } from "../lib/coffer.js";
import { Dashboard } from "../lib/dashboard.js";
import { look } from "../lib/look.js";
import { atStandIn } from "../lib/providers.js";

const NOTE = "Sandbox: anyone can sign in as anyone. Not for production.";

describe("the sandbox", { timeout: 180_000 }, () => {
  let coffer, browser, dashboard, page, agent, problems;
  before(async () => {
    const ports = { COFFER_SANDBOX__PROVIDER_PORT: "0", COFFER_SANDBOX__AGENT_PORT: "0" };
    coffer = await Coffer.start(ports, ["--sandbox"]);
    browser = await launch();
    ({ page, problems } = await visit(browser, { bypassCSP: true }));
    dashboard = new Dashboard(page, coffer.url);
    await dashboard.setUp(coffer.setupLink);
  });
  after(async () => {
    await browser?.close();
    await coffer?.stop();
  });

  it("is set up with one click from the Overview page", async () => {
    await dashboard.open("console/overview");
    await dashboard.button("Set up the sandbox").click();
    await page.getByRole("link", { name: /^Open the example agent/ }).waitFor();
    await look(page, "overview-sandbox");
    const opened = page.context().waitForEvent("page");
    await page.getByRole("link", { name: /^Open the example agent/ }).click();
    agent = await opened;
  });

  it("says so on every page", async () => {
    for (const path of ["console/overview", "console/applications", "u/account", "authorize"]) {
      const answer = await page.request.get(new URL(path, coffer.url).href);
      assert.ok((await answer.text()).includes(NOTE), path);
    }
  });

  it("shows consent, exchange and the API call", async () => {
    await agent.getByRole("link", { name: "Sign in through Coffer" }).click();
    await atStandIn(agent, "ada");
    await agent.getByRole("heading", { name: "Allow Example agent?" }).waitFor();
    await look(agent, "sandbox-consent");
    await agent.getByRole("button", { name: "Allow" }).click();
    await agent.getByRole("button", { name: /^Exchange/ }).click();
    await agent.getByText("Access token", { exact: true }).waitFor();
    await agent.getByRole("button", { name: /notes|Call/i }).first().click();
    await agent.getByRole("textbox").fill("Buy milk");
    await agent.getByRole("button", { name: "Write it" }).click();
    await agent.getByText("Buy milk").first().waitFor();
    await look(agent, "sandbox-agent");
  });

  it("shows what the agent gets after a revoke, and how that is mended", async () => {
    await agent.getByRole("button", { name: "Revoke at the provider" }).click();
    agent.setDefaultTimeout(60_000);
    await agent.getByRole("button", { name: /exchange again$/i }).last().click();
    await agent.getByText("federated_connection_refresh_token_not_found").first().waitFor();
    await agent.getByRole("link", { name: "Sign in again to mend it" }).first().click();
    await atStandIn(agent, "ada");
    await agent.getByRole("heading", { name: "Allow Example agent?" }).waitFor();
    await agent.getByRole("button", { name: "Allow" }).click();
    await agent.getByRole("button", { name: /^Exchange/ }).first().click();
    await agent.getByText("Access token", { exact: true }).first().waitFor();
  });

  it("works again after a restart, without another click", async () => {
    await coffer.halt();
    await coffer.run();
    await dashboard.open("console/overview");
    await page.getByRole("link", { name: /^Open the example agent/ }).waitFor();
  });

  it("is refused where Coffer is for others", () => {
    const environment = { ...coffer.environment(), COFFER_PUBLIC_URL: "https://coffer.example/", COFFER_LISTEN: "127.0.0.1:0" };
    const binary = process.env.COFFER_BIN ?? new URL("../../target/debug/coffer", import.meta.url).pathname;
    const { status, stderr } = spawnSync(binary, ["serve", "--sandbox"], { env: environment, encoding: "utf8", timeout: 20_000 });
    assert.equal(status, 1);
    assert.match(stderr, /Start without --sandbox/);
  });

  it("left the browser's console of the dashboard clean", () => assert.deepEqual(problems, []));
});
