// The guides of docs/guides, followed word by word: every command and every file in them.

import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { AuthClient } from "@auth0/auth0-auth-js";
import { launch, visit } from "../../lib/browser.js";
import { Dashboard } from "../../lib/dashboard.js";
import { atStandIn } from "../../lib/providers.js";
import { Editor } from "../lib/editor.js";
import { GUIDES, Guide } from "../lib/guide.js";
import { Hosted } from "../lib/hosted.js";
import { Visitor } from "../lib/visitor.js";
import { World } from "../lib/world.js";

const followed = [];

/** Follows one guide: `steps` are its tests, and at the end there is nothing left of it. */
function follow(name, steps) {
  followed.push(name);
  describe(name, { timeout: 180_000 }, () => {
    const reader = {};
    before(async () => {
      reader.world = await World.start();
      const PROVIDER_API = `${reader.world.providers.base}/sandbox/api/notes`;
      reader.guide = await Guide.open(name, reader.world.coffer, { PROVIDER_API });
    });
    after(async () => {
      await reader.guide?.stop();
      await reader.world?.stop();
    });
    afterEach(() => reader.guide.rest());
    steps(reader);
    it("has nothing that was not tried", () => reader.guide.finished());
  });
}

/** What a person does in Chromium. */
async function inBrowser(what) {
  const browser = await launch();
  try {
    await what((await visit(browser, { ignoreHTTPSErrors: true })).page);
  } finally {
    await browser.close();
  }
}

follow("README.md", (reader) => {
  it("serves over TLS on one machine", async () => {
    const { guide } = reader;
    // This reader has another server's settings, and that one's sandbox has its usual ports.
    for (const name of Object.keys(reader.world.coffer.environment())) if (name !== "PATH") delete guide.environment[name];
    guide.environment.COFFER_SANDBOX__PROVIDER_PORT = String(guide.ports[3100]);
    guide.environment.COFFER_SANDBOX__AGENT_PORT = "0";
    await guide.run("openssl req");
    const server = guide.start("coffer serve");
    const [setupLink] = await server.until(/\S+console\/setup\?token=\S+/);
    assert.equal(new URL(setupLink).port, String(guide.ports[3443]));
    await inBrowser(async (page) => {
      const dashboard = new Dashboard(page, new URL(setupLink).origin);
      await dashboard.setUp(setupLink);
      await dashboard.button("Set up the sandbox").click();
      await page.getByRole("link", { name: /^Open the example agent/ }).waitFor();
      await guide.run("coffer config apply");
      await dashboard.enable({ id: "first" }, "Sandbox provider");
      await page.goto((await guide.run("oauth/device/code")).trim());
      await dashboard.button("Yes, continue").click();
      await dashboard.button("Continue with Sandbox provider").click();
      await atStandIn(page, "ada");
      await dashboard.button("Allow").click();
      await dashboard.heading("You are done").waitFor();
    });
  });
});

follow("sign-users-in.md", (reader) => {
  it("sets the applications up", async () => {
    assert.match(await reader.guide.run("coffer config apply"), /application “Web”/);
  });

  for (const [program, path, refusal] of [
    ["web.mjs", "login", /authorization response from the server is an error/],
    ["plain.mjs", "", /access_denied/],
  ]) {
    it(`signs in to ${program}`, async () => {
      const { guide, world } = reader;
      const running = guide.start(`node ${program}`);
      await running.until(/Open/);
      const visitor = new Visitor(world.coffer, guide.address(8080));
      const { status, text } = await visitor.visit(path);
      assert.equal(status, 200, text);
      const { sub, name, email, refreshes } = JSON.parse(text);
      assert.deepEqual([sub.split("|")[1], name, email.split("@")[0], refreshes], ["notes", "Ada", "ada", true]);
      const declining = new Visitor(world.coffer, guide.address(8080), "grace");
      declining.decision = "deny";
      const refused = await declining.visit(path);
      assert.equal(refused.status, 400);
      assert.match(refused.text, refusal);
    });
  }

  it("signs in to the page, and out", async () => {
    const { guide } = reader;
    await guide.start("python3 -m http.server").until(/Serving HTTP/);
    await inBrowser(async (page) => {
      const origin = guide.address(8080);
      await page.goto(origin);
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.getByRole("button", { name: "Continue with Notes" }).click();
      await atStandIn(page, "ada");
      await page.getByRole("button", { name: "Allow" }).click();
      await page.getByText(/^Ada, ada@/).waitFor();
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.locator("#who:empty").waitFor({ state: "attached" });
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.getByRole("button", { name: "Continue with Notes" }).waitFor();
    });
  });

  it("signs in to the program", async () => {
    const { guide, world } = reader;
    const running = guide.start("node tool.mjs");
    const [, address] = await running.until(/Open (\S+)/);
    const { url } = await world.person().open(address, new URL(address).searchParams.get("redirect_uri"));
    await fetch(url);
    await running.end(0);
    assert.match(running.printed, /Signed in as Ada, until/);
  });
});

follow("call-a-provider.md", (reader) => {
  /** The person signs in at the address that the terminal shows. */
  async function signIn(account) {
    const { guide, world } = reader;
    await world.person(account).open((await guide.run("oauth/device/code")).trim());
    await guide.run("grant-type:device_code");
  }
  /** What the program says with these settings. */
  const refused = (env, status = 1) => reader.guide.run("node exchange.mjs", { env, status });

  it("gets a token by refresh token, whole and narrowed", async () => {
    const { guide } = reader;
    await guide.run("coffer config apply");
    await signIn("ada");
    await guide.run("type:refresh_token \\\n  -d requested_token_type=http");
    await guide.run("curl -sS $PROVIDER_API");
    await guide.run("audience=notes");
  });

  it("does it with SDKs", async () => {
    const { guide } = reader;
    assert.equal(await guide.run("node exchange.mjs"), '200 {"notes":[],"owner":"Ada"}\n');
    assert.equal(await guide.run("node tool.cjs"), '{"notes":[],"owner":"Ada"}\n');
    const more = await guide.run("node tool.cjs", { env: { SCOPE: "notes.write" } });
    assert.match(more, /^TOKEN_VAULT_ERROR: have the user connect notes, with .*notes\.write/);
  });

  it("gets it by the access token that came to the API", async () => {
    const answer = JSON.parse(await reader.guide.run("subject_token=$ACCESS_TOKEN"));
    assert.equal(await reader.world.notes(answer.access_token), 200);
  });

  it("is refused as the table says", async () => {
    const { world } = reader;
    assert.match(await refused({ LOGIN_HINT: "nobody" }), /^federated_\w+_not_found: Ask the user to connect/);
    assert.match(await refused({ REFRESH_TOKEN: "nobodys" }), /^invalid_grant: Ask the user to sign in again/);
    assert.match(await refused({ CONNECTION: "nowhere" }), /^invalid_request: There is no connection named nowhere/);
    assert.match(await refused({ AGENT_SECRET: "wrong" }), /^invalid_client: /);
    await world.providers.set({ access_seconds: 1 });
    await signIn("grace");
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await world.providers.set({ mode: "down" });
    assert.match(await refused({}), /^temporarily_unavailable: Try later/);
    await world.providers.set({ mode: "up" });
    assert.match(await refused({}, 0), /^200 .*Grace/, "nothing is lost");
    await world.providers.command({ command: "revoke_account", host: "sandbox", account: "grace" });
    await new Promise((resolve) => setTimeout(resolve, 1000));
    assert.match(await refused({}), /^federated_\w+_not_found: Ask the user to connect/);
  });
});

follow("connect-an-account.md", (reader) => {
  it("connects and disconnects in a page", async () => {
    const { guide } = reader;
    await guide.run("coffer config apply");
    await guide.start("python3 -m http.server").until(/Serving HTTP/);
    await inBrowser(async (page) => {
      const origin = guide.address(8080);
      await page.goto(origin);
      const press = (name) => page.getByRole("button", { name, exact: true }).click();
      await press("Sign in");
      await press("Continue with Notes");
      await atStandIn(page, "ada");
      await press("Allow");
      await page.getByRole("listitem").waitFor();
      await page.goto(`${origin}?account=grace`);
      await press("Connect an account");
      await press("Continue");
      await atStandIn(page, "grace");
      await page.getByText("Connected notes").waitFor();
      await page.getByRole("listitem").nth(1).waitFor();
      assert.equal(await page.getByRole("listitem").filter({ hasText: "notes.write" }).count(), 1);
      await page.getByRole("listitem").filter({ hasText: "notes.write" }).getByRole("button").click();
      await page.getByRole("listitem").nth(1).waitFor({ state: "detached" });
      await page.goto(origin);
      await press("Connect an account");
      await atStandIn(page, "grace", "Deny");
      await page.getByText("access_denied: The user declined.").waitFor();
    });
    const left = async () => (await reader.world.providers.grants()).filter((one) => one.account === "grace" && one.alive);
    for (let tries = 0; (await left()).length; tries += 1) {
      assert.ok(tries < 100, "the access goes on at the provider");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });

  it("does the same with plain HTTP", async () => {
    const { guide, world } = reader;
    const person = world.person();
    await person.open((await guide.run("oauth/device/code")).trim());
    await guide.run("connected-accounts/connections");
    const callback = guide.address(8080, "connected");
    const { url } = await person.open((await guide.run("connected-accounts/connect ")).trim(), callback);
    await guide.run("read -r BACK", { input: url.href });
    await guide.run("connected-accounts/complete");
    const before = JSON.parse(await guide.run("accounts?connection=notes")).accounts;
    assert.equal(before.length, 1, "the same account, with more scopes");
    await guide.run("-X DELETE");
    assert.deepEqual(JSON.parse(await guide.run("accounts?connection=notes")).accounts, []);
  });

  it("is refused as the table says", async () => {
    const { guide } = reader;
    const problem = async (part, env) => JSON.parse(await guide.run(part, { env })).type.split(":").at(-1);
    assert.equal(await problem("connected-accounts/complete", { CONNECT_CODE: "used" }), "invalid-connect-session");
    assert.equal(await problem("accounts?connection=notes", { ACCESS_TOKEN: "nobodys" }), "unauthorized");
    assert.match(await guide.run("-X DELETE", { env: {} }), /not-found.*404/);
  });
});

follow("run-headless.md", (reader) => {
  const OPEN = /Open (\S+) and compare the code: [B-Z]{4}-[B-Z]{4}\n/;

  it("is an agent that asks for more when it needs more", async () => {
    const { guide, world } = reader;
    await guide.run("coffer config apply headless.toml");
    const agent = guide.start("node agent.mjs");
    const person = world.person();
    await person.open((await agent.until(OPEN))[1]);
    await person.open((await agent.until(new RegExp(`${OPEN.source}[^]*${OPEN.source}`)))[2]);
    await agent.end(0);
    assert.match(agent.printed, /201 Buy milk\n$/);
    assert.equal(await guide.run("node agent.mjs"), "201 Buy milk\n", "it asks nobody the second time");
  });

  it("is an agent whose user declines", async () => {
    const { guide, world } = reader;
    await rm(join(guide.folder, "agent.json"));
    const agent = guide.start("node agent.mjs");
    const person = world.person();
    person.decision = "deny";
    await person.open((await agent.until(OPEN))[1]);
    await agent.end(1);
    assert.match(agent.printed, /^access_denied/m);
  });

  it("is a service, with a secret and with a key", async () => {
    const { guide } = reader;
    await guide.run("grant_type=client_credentials");
    await guide.run("openssl genpkey");
    await guide.run("node service.mjs");
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    await writeFile(join(guide.folder, "other.pem"), privateKey.export({ type: "pkcs8", format: "pem" }));
    const refused = (env) => guide.run("node service.mjs", { env, status: 1 });
    assert.match(await refused({ KEY: "other.pem" }), /^invalid_client /);
    assert.match(await refused({ API: "https://nowhere.example/" }), /^invalid_target /);
    assert.match(await refused({ API: `${reader.world.issuer}api/v2/` }), /^unauthorized_client .*not authorized for/);
  });
});

follow("apis-and-mcp-servers.md", (reader) => {
  it("checks its callers' tokens, and calls the provider for them", async () => {
    const { guide, world } = reader;
    await guide.run("coffer config apply");
    const server = guide.start("node server.mjs");
    await server.until(/MCP server at/);
    await guide.run("curl -sS -D -");
    await world.person().open((await guide.run("oauth/device/code")).trim());
    await guide.run("python check.py");
    await guide.run("tools/call");
    const stranger = { env: { ACCESS_TOKEN: "nobodys" } };
    assert.equal(await guide.run("tools/call", stranger), "");
    assert.equal(await guide.run("python check.py", { ...stranger, status: 1 }), "");
  });

  it("lets a stock client register itself and call", async () => {
    const { guide, world } = reader;
    await world.admin.openRegistration([world.connection]);
    await guide.start("node server.mjs").until(/MCP server at/);
    const editor = new Editor(guide.start("npx mcp-remote").child, world.person("grace"));
    assert.equal((await editor.initialize()).serverInfo.name, "notes");
    const { result } = await editor.call("tools/call", { name: "read_notes", arguments: {} });
    assert.equal(JSON.parse(result.content[0].text).owner, "Grace");
  });
});

follow("move-from-a-hosted-vault.md", (reader) => {
  let hosted;
  before(async () => {
    hosted = await Hosted.start(reader.world.providers.issuer);
    const { client_id, client_secret } = hosted.credentials;
    const settings = { OLD_DOMAIN: hosted.domain, OLD_CLIENT_ID: client_id, OLD_CLIENT_SECRET: client_secret };
    Object.assign(reader.guide.environment, settings);
  });
  after(() => hosted?.stop());

  it("exports, says what it leaves out, and applies the rest", async () => {
    const { guide } = reader;
    assert.equal(await guide.run("node export.mjs"), "connections 3\nclients 4\napis 2\ngrants 2\n");
    assert.deepEqual((await guide.run("node blueprint.mjs")).trim().split("\n"), [
      "left out: connection Passwords: auth0",
      "left out: application Travel agent: the grant implicit",
      "left out: application Travel agent: the grant password",
      `left out: application Machine: what it may do at https://${hosted.domain}/api/v2/`,
    ]);
    assert.doesNotMatch(await readFile(join(guide.folder, "coffer.toml"), "utf8"), /long-enough|github-secret/);
    await guide.run("coffer config plan");
    const applied = await guide.run("coffer config apply coffer.toml");
    for (const name of ["Calendar", "work", "github", "Travel agent", "Page", "Machine"]) assert.match(applied, new RegExp(name));
  });

  it("leaves an application nothing to change but the domain", async () => {
    const { world } = reader;
    const [, , clients] = hosted.lists.find(([path]) => path === "clients");
    const { client_id, client_secret, callbacks } = clients[1];
    const auth = new AuthClient({ domain: world.domain, clientId: client_id, clientSecret: client_secret });
    const wanted = { redirect_uri: callbacks[0], scope: "openid offline_access", connection: "work" };
    const { authorizationUrl, codeVerifier } = await auth.buildAuthorizationUrl({ authorizationParams: wanted });
    const { url } = await world.person().open(authorizationUrl, callbacks[0]);
    const { claims, refreshToken } = await auth.getTokenByCode(url, { codeVerifier });
    assert.match(claims.sub, /^oidc\|work\|/);
    const { accessToken } = await auth.getTokenForConnection({ connection: "work", refreshToken });
    assert.equal(await world.notes(accessToken), 200);
    const machine = new AuthClient({ domain: world.domain, clientId: "machine", clientSecret: clients[3].client_secret });
    assert.ok((await machine.getTokenByClientCredentials({ audience: "https://calendar.example/" })).accessToken);
  });

  it("sends connections to the management API", async () => {
    const { guide } = reader;
    assert.match(await guide.run("node send.mjs"), /^work 409 .*\ngithub 409 .*\nPasswords 400 /m);
    const [, , [work]] = hosted.lists.find(([path]) => path === "connections");
    await writeFile(join(guide.folder, "one.json"), JSON.stringify({ connections: [{ ...work, name: "again" }] }));
    assert.match(await guide.run("node send.mjs", { env: { EXPORT: "one.json" } }), /^again is con_/m);
  });
});

it("every guide is followed, and leads nowhere that is not there", () => {
  const there = readdirSync(GUIDES).sort();
  assert.deepEqual(there, followed.sort());
  const headings = (text) =>
    [...text.matchAll(/^#+ (.*)$/gm)].map(([, words]) => words.toLowerCase().replaceAll(/[^\w -]/g, "").replaceAll(" ", "-"));
  for (const name of there) {
    const text = readFileSync(join(GUIDES, name), "utf8");
    for (const [, to, anchor] of text.matchAll(/\]\(([^)#:]*)#?([^):]*)\)/g)) {
      const file = to ? join(GUIDES, to) : join(GUIDES, name);
      assert.ok(existsSync(file), `${name}: ${to}`);
      assert.ok(!anchor || headings(readFileSync(file, "utf8")).includes(anchor), `${name}: ${to}#${anchor}`);
    }
  }
});
