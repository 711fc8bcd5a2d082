// Everything the story needs: a provider, Coffer, a browser, an administrator who signed in.

import { Agent } from "./agent.js";
import { launch, visit } from "./browser.js";
import { Coffer } from "./coffer.js";
import { Dashboard } from "./dashboard.js";
import { CLIENT, Upstream } from "./upstream.js";

export class World {
  static async start() {
    const world = new World();
    world.coffer = await Coffer.start();
    world.upstream = await Upstream.start(`${world.coffer.url}login/callback`);
    world.agent = await Agent.start();
    world.browser = await launch();
    const { page, problems } = await visit(world.browser);
    world.problems = problems;
    world.dashboard = new Dashboard(page, world.coffer.url);
    await world.dashboard.setUp(world.coffer.setupLink);
    return world;
  }

  /** The provider as an enterprise OpenID Connect connection. */
  connectOidc(name = "work", vault = true) {
    return this.dashboard.createConnection(
      "enterprise",
      "oidc",
      {
        Name: name,
        "Display name": `Account at ${name}`,
        "Client ID": CLIENT.id,
        "Client Secret": CLIENT.secret,
        "Discovery URL": this.upstream.issuer,
      },
      vault,
    );
  }

  /** The same provider as a Custom connection: its addresses by hand. */
  connectCustom(name = "custom", vault = true) {
    const { issuer } = this.upstream;
    return this.dashboard.createConnection(
      "social",
      "oauth2",
      {
        Name: name,
        "Display name": `Account at ${name}`,
        "Client ID": CLIENT.id,
        "Client Secret": CLIENT.secret,
        "Authorization URL": `${issuer}/auth`,
        "Token URL": `${issuer}/token`,
        "User info URL": `${issuer}/me`,
        "Extra parameters": "prompt=consent",
        Scopes: "openid profile email offline_access calendar.read",
      },
      vault,
    );
  }

  /** An application that may use this connection, and the agent that is it. */
  async application(name, connection, options = {}) {
    const client = await this.dashboard.createApplication(name, {
      callbacks: [this.agent.callback],
      ...options,
    });
    await this.dashboard.enable(client, `Account at ${connection}`);
    await this.agent.configure(this.coffer.url, client, connection, `${this.upstream.issuer}/me`);
    return client;
  }

  /** A user in a browser of their own signs in to the agent; returns the page at the end. */
  async signIn(person, { choose, query = "", ...options } = {}) {
    const { context, page } = await visit(this.browser, options);
    await page.goto(`${this.agent.url}sign-in${query}`);
    if (choose) await page.getByRole("button", { name: choose }).click();
    await atProvider(page, person);
    const allow = page.getByRole("button", { name: "Allow" });
    await page.waitForURL((url) => url.pathname === "/u/consent" || url.href.startsWith(this.agent.url));
    if (new URL(page.url()).pathname === "/u/consent") await allow.click();
    await page.waitForURL((url) => url.href.startsWith(this.agent.url));
    return { context, page };
  }

  async stop() {
    await this.browser?.close();
    await this.agent?.stop();
    await this.upstream?.stop();
    await this.coffer?.stop();
  }
}

/** The provider's own pages: sign-in, then consent. */
export async function atProvider(page, person) {
  await page.locator("input[name=login]").fill(person);
  await page.locator("input[name=password]").fill("anything");
  await page.locator("button[type=submit]").click();
  await page.getByRole("button", { name: "Continue" }).click();
}
