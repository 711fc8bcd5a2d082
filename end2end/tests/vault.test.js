// The vault when things go wrong at the provider, and every refusal of the contract, over the wire.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { World } from "../lib/story.js";

const GONE = "federated_connection_refresh_token_not_found";

describe("the vault", { timeout: 300_000 }, () => {
  let world, client, stranger, publicClient;
  before(async () => {
    world = await World.start();
    await world.connectOidc("work");
    await world.connectOidc("plain", false);
    await world.connectCustom("elsewhere");
    stranger = await world.application("Stranger", "work");
    publicClient = await world.dashboard.createApplication("Public", {
      type: "Single-page",
      callbacks: [world.agent.callback],
      vault: false,
    });
    await world.dashboard.enable(publicClient, "Account at work");
    client = await world.application("Agent", "work");
    await world.dashboard.enable(client, "Account at plain");
  });
  after(() => world?.stop());

  /** Signs a new person in; their tokens at the provider live for `life` seconds. */
  async function account(person, life = 3600) {
    world.upstream.tokenLife = life;
    const { context } = await world.signIn(person, { query: "?connection=work" });
    world.upstream.tokenLife = 3600;
    await context.close();
    const refreshToken = world.agent.tokens.refresh_token;
    return (further = {}) =>
      world.coffer.vault({ client, refreshToken, connection: "work", ...further });
  }

  const later = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

  async function userInfo(accessToken) {
    const answer = await fetch(`${world.upstream.issuer}/me`, {
      headers: { authorization: `Bearer ${accessToken}` },
    });
    return { status: answer.status, body: await answer.json() };
  }

  function refused(answer, status, error) {
    assert.deepEqual([answer.status, answer.body.error], [status, error], JSON.stringify(answer.body));
    assert.ok(answer.body.error_description, "an error says why");
    assert.equal(answer.headers.get("cache-control"), "no-store");
  }

  it("answers as the contract says", async () => {
    const answer = await (await account("ada"))();
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    assert.deepEqual(Object.keys(answer.body).sort(), [
      "access_token",
      "expires_in",
      "issued_token_type",
      "scope",
      "token_type",
    ]);
    assert.equal(answer.body.token_type, "Bearer");
    assert.equal(answer.headers.get("cache-control"), "no-store");
    assert.ok(answer.body.expires_in > 3500 && answer.body.expires_in <= 3600);
    assert.deepEqual(answer.body.scope.split(" ").sort(), ["email", "offline_access", "openid", "profile"]);
  });

  it("refreshes an expired token, and keeps the rotated refresh token", async () => {
    const exchange = await account("berta", 2);
    const before = world.upstream.refreshes;
    const seen = new Set();
    for (let round = 0; round < 3; round += 1) {
      world.upstream.tokenLife = 2;
      await later(2.1);
      const answer = await exchange();
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
      assert.equal((await userInfo(answer.body.access_token)).body.sub, "berta");
      seen.add(answer.body.access_token);
    }
    assert.equal(seen.size, 3);
    assert.equal(world.upstream.refreshes, before + 3, "each spent the token that the one before had kept");
    assert.deepEqual(world.upstream.refusals, []);
  });

  it("refreshes once for 200 exchanges at once", async () => {
    const exchange = await account("carol", 2);
    await later(2.1);
    world.upstream.tokenLife = 3600;
    const before = world.upstream.refreshes;
    const answers = await Promise.all(Array.from({ length: 200 }, () => exchange()));
    assert.deepEqual(new Set(answers.map((answer) => answer.status)), new Set([200]));
    assert.equal(new Set(answers.map((answer) => answer.body.access_token)).size, 1);
    assert.equal(world.upstream.refreshes, before + 1);
    assert.deepEqual(world.upstream.refusals, []);
  });

  for (const mode of ["down", "cut"]) {
    it(`loses nothing while the provider is ${mode}`, async () => {
      const exchange = await account(`dora-${mode}`, 2);
      await later(2.1);
      world.upstream.mode = mode;
      const unavailable = await exchange();
      world.upstream.mode = "up";
      refused(unavailable, 503, "temporarily_unavailable");
      const wait = Number(unavailable.headers.get("retry-after"));
      assert.ok(wait > 0 && wait < 120, `Retry-After: ${wait}`);
      await later(wait);
      const answer = await exchange();
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
      assert.equal((await userInfo(answer.body.access_token)).body.sub, `dora-${mode}`);
    });
  }

  it("marks an account whose grant the provider revoked, and heals with a new consent", async () => {
    const exchange = await account("emma", 2);
    await later(2.1);
    await world.upstream.revokeEverything("emma");
    refused(await exchange(), 401, GONE);
    const asked = world.upstream.refusals.length;
    assert.ok(asked > 0, "the provider was asked");
    refused(await exchange(), 401, GONE);
    assert.equal(world.upstream.refusals.length, asked, "a marked account is not tried again");
    const { page } = world.dashboard;
    await world.dashboard.open("console/logs?code=vault.needs_consent");
    await page.getByRole("table").getByText("Provider revoked the account").first().waitFor();
    assert.equal((await (await account("emma"))()).status, 200);
    world.upstream.refusals.length = 0;
  });

  describe("refuses", () => {
    let exchange;
    before(async () => (exchange = await account("fay")));

    it("an unknown connection", async () => refused(await exchange({ connection: "nowhere" }), 400, "invalid_request"));

    it("a connection that is not enabled for the application", async () => {
      const answer = await exchange({ connection: "elsewhere" });
      refused(answer, 400, "invalid_request");
      assert.match(answer.body.error_description, /not enabled/);
    });

    it("a connection whose vault is off", async () => {
      const answer = await exchange({ connection: "plain" });
      refused(answer, 400, "invalid_request");
      assert.match(answer.body.error_description, /Token Vault/i);
    });

    it("an account that is not there", async () => {
      refused(await exchange({ login_hint: "somebody-else" }), 401, GONE);
    });

    it("another application's refresh token", async () => {
      const answer = await exchange({ client_id: stranger.id, client_secret: stranger.secret });
      refused(answer, 401, "invalid_grant");
    });

    it("a wrong client secret", async () => {
      refused(await exchange({ client_secret: stranger.secret }), 401, "invalid_client");
    });

    it("a public client", async () => {
      const answer = await exchange({ client_id: publicClient.id, client_secret: "" });
      refused(answer, 403, "unauthorized_client");
    });

    it("a refresh token that nobody issued", async () => {
      refused(await exchange({ subject_token: "x".repeat(43) }), 401, "invalid_grant");
    });

    it("everything once the toggle is off, and works again once it is on", async () => {
      const { dashboard } = world;
      assert.equal((await exchange()).status, 200);
      await dashboard.enable(client, "Account at work", false);
      refused(await exchange(), 400, "invalid_request");
      await dashboard.enable(client, "Account at work");
      assert.equal((await exchange()).status, 200);
    });
  });

  it("refuses a code that is used twice, and ends what came of it", async () => {
    await account("gina");
    const { context, page } = await world.signIn("gina", { query: "?connection=work" });
    await context.close();
    const code = new URL(page.url()).searchParams.get("code");
    assert.ok(code);
    const answer = await world.coffer.token({
      grant_type: "authorization_code",
      code,
      redirect_uri: world.agent.callback,
      client_id: client.id,
      client_secret: client.secret,
      code_verifier: "v".repeat(43),
    });
    refused(answer, 400, "invalid_grant");
    const refreshToken = world.agent.tokens.refresh_token;
    refused(await world.coffer.vault({ client, refreshToken, connection: "work" }), 401, "invalid_grant");
  });

  it("refuses a redirect URI that differs by one character", async () => {
    const query = new URLSearchParams({
      client_id: client.id,
      response_type: "code",
      redirect_uri: `${world.agent.callback}/`,
    });
    const answer = await fetch(`${world.coffer.url}authorize?${query}`, { redirect: "manual" });
    assert.equal(answer.status, 400);
    assert.equal(answer.headers.get("location"), null);
    assert.match(await answer.text(), /callback URLs/);
  });

  it("keeps what it acknowledged when the process is killed", async () => {
    const exchange = await account("hilda", 2);
    await later(2.1);
    world.upstream.tokenLife = 2;
    assert.equal((await exchange()).status, 200);
    await world.coffer.halt("SIGKILL");
    await world.coffer.run();
    await later(2.1);
    const answer = await exchange();
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    assert.equal((await userInfo(answer.body.access_token)).body.sub, "hilda");
  });
});
