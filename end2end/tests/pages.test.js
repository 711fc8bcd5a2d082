// Every page, looked at: with axe, at two widths, in light and dark. The pictures stay in `screenshots/`.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Agent } from "../lib/agent.js";
import { launch, visit } from "../lib/browser.js";
import { Coffer } from "../lib/coffer.js";
import { ADMIN, Dashboard } from "../lib/dashboard.js";
import { look } from "../lib/look.js";
import { Receiver } from "../lib/receiver.js";
import { World, atProvider } from "../lib/story.js";
import { Upstream } from "../lib/upstream.js";

describe("every page", { timeout: 600_000 }, () => {
  let world, page, dashboard, client, connection;
  before(async () => {
    world = new World();
    world.coffer = await Coffer.start();
    world.upstream = await Upstream.start(`${world.coffer.url}login/callback`);
    world.agent = await Agent.start();
    world.browser = await launch();
    ({ page } = await visit(world.browser, { bypassCSP: true }));
    dashboard = world.dashboard = new Dashboard(page, world.coffer.url);
  });
  after(() => world?.stop());

  describe("of the dashboard, before there is anything", () => {
    it("set-up", async () => {
      await page.goto(world.coffer.setupLink);
      await dashboard.field("E-mail address").fill("not an address");
      await dashboard.field("Password").fill("short");
      await dashboard.button("Create administrator").click();
      await page.locator(".field-error").first().waitFor();
      await look(page, "setup-errors");
      await dashboard.setUp(world.coffer.setupLink);
    });

    it("sign-in", async () => {
      await dashboard.button("Sign out").click();
      await dashboard.heading("Sign in to Coffer").waitFor();
      await look(page, "sign-in");
      await dashboard.field("E-mail address").fill(ADMIN.email);
      await dashboard.field("Password").fill("not the password");
      await dashboard.button("Sign in").click();
      await page.getByText("E-mail address or password is wrong.").waitFor();
      await look(page, "sign-in-refused");
    });

    it("sign-in keeps what is typed before the scripts have come", async () => {
      let release;
      const held = new Promise((resolve) => (release = resolve));
      await page.route("**/*.wasm", async (route) => {
        await held;
        await route.continue();
      });
      await dashboard.open("console/sign-in");
      await dashboard.field("E-mail address").fill(ADMIN.email);
      const loaded = page.waitForResponse("**/*.wasm");
      release();
      await loaded;
      await page.unroute("**/*.wasm");
      await new Promise((resolve) => setTimeout(resolve, 1000));
      assert.equal(await dashboard.field("E-mail address").inputValue(), ADMIN.email);
      await dashboard.signIn();
    });

    it("the overview, with the first steps", async () => {
      await dashboard.open("console");
      await dashboard.heading("Overview").waitFor();
      await page.getByText("0 of 6 done").waitFor();
      await page.getByText("Nothing happened yet").waitFor();
      await look(page, "overview-empty");
    });

    for (const path of ["applications", "connections/social", "connections/enterprise", "users", "webhooks"]) {
      it(`the empty list of ${path}`, async () => {
        await dashboard.open(`console/${path}`);
        await dashboard.link("Logs").first().waitFor();
        await look(page, `empty-${path.replace("/", "-")}`);
      });
    }
  });

  describe("of the dashboard", () => {
    it("the catalogue", async () => {
      await dashboard.open("console/connections/social/new");
      await page.getByText("Custom").first().waitFor();
      await look(page, "catalogue-social");
      await dashboard.open("console/connections/enterprise/new");
      await look(page, "catalogue-enterprise");
    });

    it("the catalogue, narrowed down", async () => {
      await dashboard.open("console/connections/social/new");
      await dashboard.field("Find a provider").fill("goo");
      await page.getByRole("link", { name: /GitHub/ }).waitFor({ state: "hidden" });
      assert.ok(await page.getByRole("link", { name: /Google/ }).isVisible());
      await look(page, "catalogue-found");
      await dashboard.field("Find a provider").fill("no such provider");
      await page.getByRole("heading", { name: "Nothing found" }).waitFor();
      await look(page, "catalogue-nothing-found");
    });

    it("a new connection, with errors beside their fields", async () => {
      await dashboard.open("console/connections/social/new/google-oauth2");
      await look(page, "new-google");
      await dashboard.open("console/connections/social/new/oauth2");
      await dashboard.field("Token URL").fill("ftp://nonsense");
      await dashboard.button("Create connection").click();
      await page.locator(".field-error").first().waitFor();
      await look(page, "new-custom-errors");
      const focused = await page.evaluate(() => document.activeElement?.getAttribute("aria-invalid"));
      assert.equal(focused, "true", "the first field with an error has the focus");
    });

    it("a new OpenID Connect connection, its provider checked", async () => {
      await dashboard.open("console/connections/enterprise/new/oidc");
      await dashboard.field("Discovery URL").fill(world.upstream.issuer);
      await dashboard.button("Check").click();
      await page.getByText("Found and valid").waitFor();
      await look(page, "new-oidc");
    });

    it("lists with entries", async () => {
      connection = await world.connectOidc("work");
      await world.connectCustom("custom");
      for (const name of ["Mail agent", "Calendar agent"]) client = await world.application(name, "work");
      for (const path of ["applications", "connections/social", "connections/enterprise", "registration"]) {
        await dashboard.open(`console/${path}`);
        await look(page, `list-${path.replace("/", "-")}`);
      }
      await dashboard.open("console/applications");
      await page.getByRole("searchbox").fill("no such application");
      await page.keyboard.press("Enter");
      await page.getByText("Nothing found").waitFor();
      await look(page, "list-nothing-found");
    });

    it("a connection", async () => {
      await dashboard.open(connection.slice(1));
      await look(page, "connection-settings");
      await dashboard.link("Applications").last().click();
      await page.getByRole("switch", { name: /for Mail agent/ }).or(page.getByRole("switch")).first().waitFor();
      await look(page, "connection-applications");
    });

    it("the scopes that an application may get", async () => {
      await dashboard.open(`console/applications/${client.id}?tab=connections`);
      await dashboard.button("Scopes for Account at work").click();
      await page.getByRole("radio", { name: /^At most these/ }).check();
      await page.getByRole("checkbox").first().check();
      await look(page, "ceiling");
      await dashboard.button("Save scopes").click();
      await page.getByText("Limited to 1 scope").waitFor();
      await look(page, "ceiling-saved");
      await dashboard.button("Scopes for Account at work").click();
      await page.getByRole("radio", { name: /^No limit/ }).check();
      await dashboard.button("Save scopes").click();
      await page.getByText("Limited to 1 scope").waitFor({ state: "detached" });
    });

    it("a connection that is tried", async () => {
      const opened = await dashboard.beginTry(connection);
      await page.getByText("Waiting for you to sign in").waitFor();
      await look(page, "try-waiting");
      await atProvider(opened, "ada");
      await page.getByText("The connection works.").waitFor();
      await opened.close();
      await look(page, "try-worked");
    });

    it("a connection that is tried and fails", async () => {
      const opened = await dashboard.beginTry(connection);
      await opened.locator("input[name=login]").waitFor();
      await opened.getByRole("link", { name: /Cancel/ }).click();
      await page.getByText("The connection does not work yet.").waitFor();
      await opened.close();
      await look(page, "try-failed");
    });

    it("the question before a connection is deleted", async () => {
      await dashboard.open(connection.slice(1));
      await dashboard.button("Delete connection").click();
      await page.getByRole("dialog").waitFor();
      await look(page, "connection-delete");
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "hidden" });
    });

    it("an application", async () => {
      await dashboard.open("console/applications/new");
      await look(page, "new-application");
      for (const tab of ["settings", "credentials", "connections"]) {
        await dashboard.open(`console/applications/${client.id}?tab=${tab}`);
        await look(page, `application-${tab}`);
      }
      await dashboard.open(`console/applications/${client.id}?tab=credentials`);
      await dashboard.button("Rotate secret").click();
      await page.getByRole("dialog").getByRole("button", { name: "Rotate", exact: true }).click();
      await dashboard.field("Client Secret").waitFor();
      client.secret = await dashboard.field("Client Secret").inputValue();
      await look(page, "application-secret");
    });

    it("webhooks", async () => {
      const receiver = await Receiver.start();
      await dashboard.open("console/webhooks/new");
      await dashboard.field("URL").fill("ftp://nonsense");
      await dashboard.button("Create webhook").click();
      await page.locator(".field-error").first().waitFor();
      await look(page, "new-webhook-errors");
      await dashboard.field("URL").fill(receiver.url);
      await dashboard.field("Description").fill("Audit trail of the mail agent");
      for (const check of await page.getByRole("checkbox").all()) await check.check();
      await dashboard.button("Create webhook").click();
      await dashboard.field("Signing secret").waitFor();
      await look(page, "webhook-secret");
      const webhook = new URL(page.url()).pathname.slice(1);
      await dashboard.open(webhook);
      await page.getByText("No deliveries yet").waitFor();
      await look(page, "webhook-no-deliveries");
      for (const [status, state] of [[204, "Delivered"], [500, "Pending"]]) {
        receiver.status = status;
        await dashboard.open(webhook);
        await dashboard.button("Send test event").click();
        await page.locator("dl").getByText(state).waitFor();
        await page.getByRole("table").getByText(`Status ${status}`).waitFor();
      }
      await look(page, "webhook-delivery");
      await dashboard.open(webhook);
      await page.getByRole("table").waitFor();
      await look(page, "webhook-deliveries");
      await dashboard.link("Settings").click();
      await page.getByRole("heading", { name: "Danger zone" }).waitFor();
      await look(page, "webhook-settings");
      receiver.status = 410;
      await dashboard.button("Send test event").click();
      await page.locator("dl").getByText("Given up").waitFor();
      await dashboard.open(webhook);
      await page.getByText("Coffer switched this webhook off.").waitFor();
      await look(page, "webhook-given-up");
      await dashboard.open("console/webhooks");
      await page.getByRole("row", { name: /Audit trail/ }).waitFor();
      await look(page, "list-webhooks");
      await receiver.stop();
    });

    it("a page that is not there", async () => {
      await dashboard.open("console/nowhere");
      await look(page, "not-found");
    });
  });

  describe("for end users", () => {
    let user, scripts;
    before(async () => {
      await world.agent.configure(world.coffer.url, client, "work", `${world.upstream.issuer}/me`);
      await dashboard.enable(client, "Account at custom");
      ({ page: user } = await visit(world.browser, { bypassCSP: true }));
      scripts = [];
      user.on("request", (request) => {
        const own = request.url().startsWith(world.coffer.url);
        if (own && !["document", "stylesheet"].includes(request.resourceType())) scripts.push(request.url());
      });
    });

    it("sign-in", async () => {
      await user.goto(`${world.agent.url}sign-in`);
      await user.getByRole("button", { name: "Continue with Account at custom" }).waitFor();
      await look(user, "hosted-sign-in");
    });

    it("consent", async () => {
      await user.getByRole("button", { name: "Continue with Account at custom" }).click();
      await atProvider(user, "ada");
      await user.getByRole("button", { name: "Allow" }).waitFor();
      await look(user, "hosted-consent");
    });

    it("declining goes back to the application", async () => {
      await user.getByRole("button", { name: /Deny|Decline|Cancel/ }).click();
      await user.waitForURL(/error=access_denied/);
    });

    it("an error", async () => {
      await user.goto(`${world.coffer.url}authorize?client_id=nobody&redirect_uri=https://evil.example/`);
      await look(user, "hosted-error");
      await user.goto(`${world.coffer.url}u/consent?handle=old`);
      await look(user, "hosted-expired");
    });

    it("sign-out", async () => {
      await user.goto(`${world.coffer.url}oidc/logout`);
      await user.getByRole("button", { name: "Sign out" }).waitFor();
      await look(user, "hosted-sign-out");
      await user.getByRole("button", { name: "Sign out" }).click();
      await user.getByRole("heading", { level: 1 }).waitFor();
      await look(user, "hosted-signed-out");
    });

    it("no page loaded a script", () => assert.deepEqual(scripts, []));
  });

  describe("of the dashboard, once there are users", () => {
    before(async () => {
      await world.agent.configure(world.coffer.url, client, "work", `${world.upstream.issuer}/me`);
      for (const [person, life] of [["ada", 3600], ["grace", 2]]) {
        world.upstream.tokenLife = life;
        const { context } = await world.signIn(person, { query: "?connection=work" });
        await context.close();
        for (let times = 0; times < 3; times += 1) await world.agent.work();
      }
      world.upstream.tokenLife = 3600;
      // Grace takes her consent back, so her account is refused at its next refresh.
      await world.upstream.revokeEverything("grace");
      await new Promise((resolve) => setTimeout(resolve, 2_100));
      const refreshToken = world.agent.tokens.refresh_token;
      const answer = await world.coffer.vault({ client, refreshToken, connection: "work" });
      assert.notEqual(answer.status, 200);
    });

    it("the overview", async () => {
      await dashboard.open("console/overview");
      await page.getByRole("figure").first().waitFor();
      await look(page, "overview");
    });

    it("the list of users", async () => {
      await dashboard.open("console/users");
      await page.getByRole("link", { name: /^Grace/ }).waitFor();
      await look(page, "list-users");
    });

    it("a user", async () => {
      for (const person of ["Ada", "Grace"]) {
        await dashboard.open("console/users");
        await page.getByRole("link", { name: new RegExp(`^${person}`) }).first().click();
        await page.getByRole("heading", { level: 1, name: new RegExp(`^${person}`) }).waitFor();
        await look(page, `user-${person.toLowerCase()}`);
      }
    });

    it("the question before a user is deleted", async () => {
      await dashboard.button("Delete user").click();
      await page.getByRole("dialog").waitFor();
      await look(page, "user-delete");
      await page.keyboard.press("Escape");
    });
  });

  it("the logs", async () => {
    await dashboard.open("console/logs");
    await page.getByRole("table").waitFor();
    await look(page, "logs");
  });
});
