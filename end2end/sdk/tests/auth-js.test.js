// npm @auth0/auth0-auth-js, and @auth0/ai over the same grants: sign-in, and the vault by refresh token.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { AuthClient } from "@auth0/auth0-auth-js";
import { createRequire } from "node:module";
import { GRANTS, World } from "../lib/world.js";

// Its other half is for bundlers alone.
const require = createRequire(import.meta.url);
const { TokenVaultAuthorizerBase } = require("@auth0/ai/TokenVault");
const { MemoryStore } = require("@auth0/ai/stores");

const CALLBACK = "https://app.example/callback";
const DONE = "https://app.example/done";
const SCOPE = "openid profile email offline_access";

describe("@auth0/auth0-auth-js", { timeout: 120_000 }, () => {
  let world, client, auth;
  before(async () => {
    world = await World.start();
    client = await world.application("regular_web", { callbacks: [CALLBACK], logout_urls: [DONE], grants: GRANTS });
    auth = connect({});
  });
  after(() => world?.stop());

  /** The SDK's client, with these settings on top. */
  const connect = (changes) =>
    new AuthClient({
      domain: world.domain,
      clientId: client.id,
      clientSecret: client.secret,
      authorizationParams: { redirect_uri: CALLBACK, scope: SCOPE, connection: "notes" },
      ...changes,
    });

  async function signIn(options) {
    const { authorizationUrl, codeVerifier } = await auth.buildAuthorizationUrl(options);
    const { url } = await world.person().open(authorizationUrl, CALLBACK);
    return auth.getTokenByCode(url, { codeVerifier });
  }

  it("signs in by code, and by a request that is pushed", async () => {
    const tokens = await signIn();
    assert.equal(tokens.claims.iss, world.issuer);
    assert.equal(tokens.claims.aud, client.id);
    assert.ok(tokens.refreshToken && tokens.expiresAt > Date.now() / 1000);
    const info = await auth.getUserInfo({ accessToken: tokens.accessToken, expectedSubject: tokens.claims.sub });
    assert.match(info.email, /^ada@/);
    const pushed = await signIn({ pushedAuthorizationRequests: true });
    assert.equal(pushed.claims.sub, tokens.claims.sub);
  });

  it("refreshes and revokes", async () => {
    const { refreshToken } = await signIn();
    const refreshed = await auth.getTokenByRefreshToken({ refreshToken });
    assert.ok(refreshed.accessToken);
    await auth.revokeToken({ token: refreshed.refreshToken, tokenTypeHint: "refresh_token" });
    await assert.rejects(auth.getTokenByRefreshToken({ refreshToken: refreshed.refreshToken }), (error) => {
      assert.equal(error.cause.error, "invalid_grant");
      assert.equal(error.statusCode, 400);
      return true;
    });
  });

  it("gets a token of the connection by refresh token", async () => {
    const { refreshToken } = await signIn();
    const token = await auth.getTokenForConnection({ connection: "notes", refreshToken });
    assert.equal(await world.notes(token.accessToken), 200);
    assert.ok(token.scope.split(" ").includes("notes.read"));
    assert.ok(token.expiresAt > Date.now() / 1000);
    const again = await auth.getTokenForConnection({ connection: "notes", refreshToken, loginHint: "nobody" }).catch((e) => e);
    assert.equal(again.cause?.error, "federated_connection_refresh_token_not_found");
  });

  it("reads why it was refused", async () => {
    const { refreshToken } = await signIn();
    const refused = async (by, options) => {
      const error = await by.getTokenForConnection(options).catch((e) => e);
      return [error.statusCode, error.cause?.error];
    };
    assert.deepEqual(await refused(auth, { connection: "nowhere", refreshToken }), [400, "invalid_request"]);
    assert.deepEqual(await refused(auth, { connection: "notes", refreshToken: "cfr_nobodys" }), [401, "invalid_grant"]);
    const stranger = connect({ clientSecret: "not-the-secret" });
    assert.deepEqual(await refused(stranger, { connection: "notes", refreshToken }), [401, "invalid_client"]);
    const other = await world.application("regular_web", { callbacks: [CALLBACK] });
    const without = connect({ clientId: other.id, clientSecret: other.secret });
    assert.deepEqual(await refused(without, { connection: "notes", refreshToken }), [403, "unauthorized_client"]);
  });

  it("logs out by address", async () => {
    const to = await auth.buildLogoutUrl({ returnTo: DONE });
    const person = world.person();
    const { authorizationUrl } = await auth.buildAuthorizationUrl();
    await person.open(authorizationUrl, CALLBACK);
    const { url } = await person.open(to, DONE);
    assert.equal(url.href, DONE);
  });

  describe("under @auth0/ai", () => {
    const context = { threadID: "1", toolCallID: "1", toolName: "notes" };
    const tool = (refreshToken, scopes) => {
      const settings = { domain: world.domain, clientId: client.id, clientSecret: client.secret };
      const authorizer = new TokenVaultAuthorizerBase(settings, {
        refreshToken: async () => refreshToken,
        connection: "notes",
        scopes,
        store: new MemoryStore(),
        credentialsContext: "tool-call",
      });
      const run = async () => "ran";
      return authorizer.protect(() => context, run)();
    };

    it("a tool runs where the scopes are there", async () => {
      const { refreshToken } = await signIn();
      assert.equal(await tool(refreshToken, ["notes.read"]), "ran");
    });

    it("a tool asks for what is missing", async () => {
      const { refreshToken } = await signIn();
      await assert.rejects(tool(refreshToken, ["notes.read", "notes.write"]), (interrupt) => {
        assert.equal(interrupt.code, "TOKEN_VAULT_ERROR");
        assert.equal(interrupt.connection, "notes");
        assert.ok(interrupt.requiredScopes.includes("notes.write"));
        return true;
      });
    });
  });
});
