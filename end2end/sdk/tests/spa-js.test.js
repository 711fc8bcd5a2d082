// npm @auth0/auth0-spa-js in Chromium: sign-in, silent tokens by message and by refresh token, rotation, connecting
// an account through the My Account API, logout.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:https";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { chromium } from "playwright-core";
import { atStandIn } from "../../lib/providers.js";
import { files } from "../lib/authority.js";
import { World } from "../lib/world.js";

const require = createRequire(import.meta.url);
const SDK = readFileSync(require.resolve("@auth0/auth0-spa-js/dist/auth0-spa-js.production.js"));
const PAGE = `<!doctype html><title>App</title><link rel="icon" href="data:,"><script src="/sdk.js"></script>`;
const CONNECTED = "create:me:connected_accounts read:me:connected_accounts";

describe("@auth0/auth0-spa-js", { timeout: 180_000 }, () => {
  let world, server, origin, browser, page, requests;
  before(async () => {
    world = await World.start();
    const { certificate, key } = files(join(process.env.SDK_PLACE, "tls"));
    server = createServer({ cert: readFileSync(certificate), key: readFileSync(key) }, (request, response) => {
      const script = request.url === "/sdk.js";
      response.writeHead(200, { "content-type": script ? "text/javascript" : "text/html" });
      response.end(script ? SDK : PAGE);
    });
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    origin = `https://localhost:${server.address().port}`;
    const client = await world.application("single_page", {
      callbacks: [origin],
      logout_urls: [origin],
      web_origins: [origin],
      connect_accounts: true,
    });
    browser = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: ["--no-sandbox", "--disable-dev-shm-usage"],
    });
    // Chromium has a list of its own of whom it trusts.
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    context.setDefaultTimeout(15_000);
    page = await context.newPage();
    requests = [];
    page.on("request", (request) => requests.push(request));
    await page.addInitScript(
      ([domain, clientId]) => {
        globalThis.client = (options = {}) =>
          globalThis.auth0.createAuth0Client({
            domain,
            clientId,
            cacheLocation: "localstorage",
            useRefreshTokens: true,
            useMrrt: true,
            authorizationParams: {
              redirect_uri: location.origin,
              connection: "notes",
              scope: "openid profile email offline_access",
            },
            ...options,
          });
      },
      [world.domain, client.id],
    );
  });
  after(async () => {
    await browser?.close();
    server?.closeAllConnections();
    server?.close();
    await world?.stop();
  });

  /** Signs a person in, from the application's page and back to it; no page asks where there is a session. */
  async function signIn(account) {
    await page.goto(origin);
    await page.evaluate(async () => (await globalThis.client()).loginWithRedirect());
    const back = (url) => url.href.startsWith(origin) && url.searchParams.has("code");
    const asks = (url) => url.pathname === "/u/consent" || url.origin === world.providers.base;
    await page.waitForURL((url) => back(url) || asks(url));
    if (new URL(page.url()).origin === world.providers.base) await atStandIn(page, account);
    await page.waitForURL((url) => back(url) || url.pathname === "/u/consent");
    if (!back(new URL(page.url()))) await page.getByRole("button", { name: "Allow" }).click();
    await page.waitForURL(back);
    return page.evaluate(async () => {
      const client = await globalThis.client();
      await client.handleRedirectCallback();
      return client.getUser();
    });
  }

  it("signs in with a code", async () => {
    const user = await signIn("ada");
    assert.match(user.email, /^ada@/);
    assert.match(user.sub, /^oidc\|notes\|/);
  });

  it("gets a new token by its refresh token, which rotates", async () => {
    const [first, second] = await page.evaluate(async () => {
      const client = await globalThis.client();
      const both = [];
      for (let round = 0; round < 2; round += 1) both.push(await client.getTokenSilently({ cacheMode: "off" }));
      return both;
    });
    assert.notEqual(first, second);
    const sent = requests.filter((one) => one.url().endsWith("/oauth/token") && one.method() === "POST");
    const tokens = sent.map((one) => new URLSearchParams(one.postData()).get("refresh_token")).filter(Boolean);
    assert.equal(new Set(tokens).size, tokens.length, "each refresh token is used once");
    assert.ok(tokens.length >= 2);
  });

  it("gets a token in a frame, by message, while the session lasts", async () => {
    const [token, user] = await page.evaluate(async () => {
      localStorage.clear();
      const client = await globalThis.client({ useRefreshTokens: false });
      return [await client.getTokenSilently({ cacheMode: "off" }), await client.getUser()];
    });
    assert.ok(token);
    assert.match(user.email, /^ada@/);
    assert.ok(requests.some((one) => one.url().includes("response_mode=web_message")));
  });

  it("connects a further account", async () => {
    await signIn("ada");
    await page.evaluate(async () => {
      const client = await globalThis.client();
      const authorization_params = { login_hint: "grace" };
      await client.connectAccountWithRedirect({ connection: "notes", scopes: ["notes.write"], authorization_params });
    });
    await page.waitForURL((url) => !url.href.startsWith(origin));
    const more = page.getByRole("button", { name: "Continue", exact: true });
    if (await more.count()) await more.click();
    await atStandIn(page, "grace");
    await page.waitForURL((url) => url.href.startsWith(origin));
    const connected = await page.evaluate(async () => (await globalThis.client()).handleRedirectCallback());
    assert.equal(connected.connection, "notes");
    assert.match(connected.id, /^cac_/);
    assert.ok(connected.scopes.includes("notes.write"), connected.scopes.join(" "));
    const accounts = await page.evaluate(
      async ([issuer, scope]) => {
        const client = await globalThis.client();
        const token = await client.getTokenSilently({ authorizationParams: { audience: `${issuer}me/`, scope } });
        const headers = { authorization: `Bearer ${token}` };
        return (await fetch(`${issuer}me/v1/connected-accounts/accounts`, { headers })).json();
      },
      [world.issuer, CONNECTED],
    );
    assert.equal(accounts.accounts.length, 2);
  });

  it("reads why a connection cannot be made", async () => {
    const refused = await page.evaluate(async () => {
      const client = await globalThis.client();
      const call = client.connectAccountWithRedirect({ connection: "nowhere" });
      return call.then(() => null, ({ name, status, detail }) => ({ name, status, detail }));
    });
    assert.equal(refused.name, "MyAccountApiError");
    assert.ok(refused.status >= 400 && refused.status < 500 && refused.detail, JSON.stringify(refused));
  });

  it("logs out, and then gets nothing silently", async () => {
    await page.evaluate(async () => {
      const client = await globalThis.client();
      await client.logout({ logoutParams: { returnTo: location.origin } });
    });
    await page.waitForURL(`${origin}/`);
    await page.waitForLoadState();
    const error = await page.evaluate(async () => {
      const client = await globalThis.client({ useRefreshTokens: false });
      return client.getTokenSilently({ cacheMode: "off" }).then(() => null, (error) => error.error);
    });
    assert.equal(error, "login_required");
  });
});
