// npm oauth4webapi: the strictest reader of answers. Metadata, code, refresh, introspection, revocation, and the
// device grant, each checked as the RFCs say.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import * as oauth from "oauth4webapi";
import { GRANTS, World } from "../lib/world.js";

const CALLBACK = "https://app.example/callback";
const SCOPE = "openid email offline_access";

describe("oauth4webapi", { timeout: 120_000 }, () => {
  let world, as, client, credentials;
  before(async () => {
    world = await World.start();
    const { id, secret } = await world.application("regular_web", {
      callbacks: [CALLBACK],
      grants: GRANTS,
      auth_method: "client_secret_basic",
    });
    const issuer = new URL(world.issuer);
    as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer));
    client = { client_id: id };
    credentials = oauth.ClientSecretBasic(secret);
  });
  after(() => world?.stop());

  async function signIn(changes = {}) {
    const verifier = oauth.generateRandomCodeVerifier();
    const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
    const to = new URL(as.authorization_endpoint);
    const wanted = {
      client_id: client.client_id,
      redirect_uri: CALLBACK,
      response_type: "code",
      scope: SCOPE,
      connection: "notes",
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
      state,
      nonce,
      ...changes,
    };
    for (const [name, value] of Object.entries(wanted)) to.searchParams.set(name, value);
    const { url } = await world.person().open(to, CALLBACK);
    const params = oauth.validateAuthResponse(as, client, url, state);
    const answer = await oauth.authorizationCodeGrantRequest(as, client, credentials, params, CALLBACK, verifier);
    return oauth.processAuthorizationCodeResponse(as, client, answer, { expectedNonce: nonce, requireIdToken: true });
  }

  it("reads the same metadata as an OAuth server's (RFC 8414)", async () => {
    const issuer = new URL(world.issuer);
    const answer = await oauth.discoveryRequest(issuer, { algorithm: "oauth2" });
    assert.deepEqual(await oauth.processDiscoveryResponse(issuer, answer), as);
    assert.equal(as.authorization_response_iss_parameter_supported, true);
  });

  it("signs in, and checks the answer's issuer (RFC 9207)", async () => {
    const tokens = await signIn();
    const claims = oauth.getValidatedIdTokenClaims(tokens);
    assert.equal(claims.iss, world.issuer);
    const answer = await oauth.userInfoRequest(as, client, tokens.access_token);
    const info = await oauth.processUserInfoResponse(as, client, claims.sub, answer);
    assert.match(info.email, /^ada@/);
  });

  it("refreshes, with fewer scopes if it likes", async () => {
    const { refresh_token } = await signIn();
    const answer = await oauth.refreshTokenGrantRequest(as, client, credentials, refresh_token, {
      additionalParameters: { scope: "openid" },
    });
    const tokens = await oauth.processRefreshTokenResponse(as, client, answer);
    assert.equal(tokens.scope, "openid");
  });

  it("asks whether a token is good, and learns nothing of strangers'", async () => {
    const tokens = await signIn();
    const ask = async (token) =>
      oauth.processIntrospectionResponse(
        as,
        client,
        await oauth.introspectionRequest(as, client, credentials, token),
      );
    const found = await ask(tokens.access_token);
    assert.equal(found.active, true);
    assert.equal(found.client_id, client.client_id);
    assert.ok(found.scope.split(" ").includes("openid"));
    assert.equal((await ask("cfa_nobodys")).active, false);
    const revoked = await oauth.revocationRequest(as, client, credentials, tokens.access_token);
    await oauth.processRevocationResponse(revoked);
    assert.equal((await ask(tokens.access_token)).active, false);
  });

  it("is challenged when its header is wrong", async () => {
    const wrong = oauth.ClientSecretBasic("not-the-secret");
    const answer = await oauth.refreshTokenGrantRequest(as, client, wrong, "cfr_any");
    await assert.rejects(oauth.processRefreshTokenResponse(as, client, answer), (error) => {
      assert.equal(error.code, oauth.WWW_AUTHENTICATE_CHALLENGE);
      assert.equal(error.cause[0].scheme, "basic");
      return true;
    });
  });

  it("reads the error that comes back through the browser", async () => {
    await assert.rejects(signIn({ scope: "openid", prompt: "none" }), (error) => {
      assert.equal(error.code, oauth.AUTHORIZATION_RESPONSE_ERROR);
      assert.equal(error.error, "login_required");
      return true;
    });
  });

  it("spends a code once", async () => {
    const verifier = oauth.generateRandomCodeVerifier();
    const to = new URL(as.authorization_endpoint);
    const wanted = {
      client_id: client.client_id,
      redirect_uri: CALLBACK,
      response_type: "code",
      scope: "openid",
      connection: "notes",
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
    };
    for (const [name, value] of Object.entries(wanted)) to.searchParams.set(name, value);
    const { url } = await world.person().open(to, CALLBACK);
    const params = oauth.validateAuthResponse(as, client, url);
    const redeem = async () => {
      const answer = await oauth.authorizationCodeGrantRequest(as, client, credentials, params, CALLBACK, verifier);
      return oauth.processAuthorizationCodeResponse(as, client, answer);
    };
    await redeem();
    await assert.rejects(redeem(), (error) => error.error === "invalid_grant");
  });
});
