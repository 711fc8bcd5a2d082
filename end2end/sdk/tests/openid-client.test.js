// npm openid-client: discovery, code, refresh, device, pushed requests, DPoP, the vault, logout.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from "jose";
import * as openid from "openid-client";
import { GRANTS, World } from "../lib/world.js";

const CALLBACK = "https://app.example/callback";
const DONE = "https://app.example/done";
const VAULT_GRANT = "urn:auth0:params:oauth:grant-type:token-exchange:federated-connection-access-token";
const REFRESH_TOKEN = "urn:ietf:params:oauth:token-type:refresh_token";
const FEDERATED = "http://auth0.com/oauth/token-type/federated-connection-access-token";
const DEVICE = ["authorization_code", "refresh_token", "device_code"];
const SCOPE = "openid profile email offline_access";

/** The OAuth error that a call ends with. */
async function refusal(call) {
  try {
    await call;
  } catch (error) {
    return error.error ?? error.cause?.error ?? error.code;
  }
  return "nothing";
}

describe("openid-client", { timeout: 120_000 }, () => {
  let world, client, config;
  before(async () => {
    world = await World.start();
    client = await world.application("regular_web", { callbacks: [CALLBACK], logout_urls: [DONE], grants: GRANTS });
    config = await openid.discovery(new URL(world.issuer), client.id, client.secret);
  });
  after(() => world?.stop());

  /** Signs a person in; the tokens. */
  async function signIn({ config: as = config, person = world.person(), params = {}, options, push } = {}) {
    const verifier = openid.randomPKCECodeVerifier();
    const [state, nonce] = [openid.randomState(), openid.randomNonce()];
    const wanted = {
      redirect_uri: CALLBACK,
      scope: SCOPE,
      connection: "notes",
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
      state,
      nonce,
      ...params,
    };
    const to = push
      ? await openid.buildAuthorizationUrlWithPAR(as, wanted, options)
      : openid.buildAuthorizationUrl(as, wanted);
    const { url, form } = await person.open(to, CALLBACK);
    const back = form
      ? new Request(CALLBACK, { method: "POST", body: new URLSearchParams(form) })
      : url;
    const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce };
    return openid.authorizationCodeGrant(as, back, checks, undefined, options);
  }

  it("discovers what the server can", () => {
    const metadata = config.serverMetadata();
    assert.equal(metadata.issuer, world.issuer);
    assert.equal(metadata.token_endpoint, `${world.issuer}oauth/token`);
    assert.equal(metadata.device_authorization_endpoint, `${world.issuer}oauth/device/code`);
    assert.equal(metadata.pushed_authorization_request_endpoint, `${world.issuer}oauth/par`);
    assert.ok(config.serverMetadata().supportsPKCE());
  });

  it("signs in with a code, its ID token checked by signature", async () => {
    const tokens = await signIn();
    const claims = tokens.claims();
    assert.equal(claims.iss, world.issuer);
    assert.equal(claims.aud, client.id);
    assert.match(claims.sub, /^oidc\|notes\|/);
    assert.match(claims.email, /^ada@/);
    const keys = createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri));
    await jwtVerify(tokens.id_token, keys, { issuer: world.issuer, audience: client.id, algorithms: ["RS256"] });
    const info = await openid.fetchUserInfo(config, tokens.access_token, claims.sub);
    assert.equal(info.sub, claims.sub);
    assert.ok(info.email);
  });

  it("takes the answer by form_post", async () => {
    const tokens = await signIn({ params: { response_mode: "form_post" } });
    assert.match(tokens.claims().email, /^ada@/);
  });

  it("refreshes, and finds a token that was used twice worthless", async () => {
    const first = await signIn();
    const second = await openid.refreshTokenGrant(config, first.refresh_token);
    assert.notEqual(second.refresh_token, first.refresh_token);
    assert.equal(second.claims().sub, first.claims().sub);
    assert.equal(await refusal(openid.refreshTokenGrant(config, "cfr_nobodys")), "invalid_grant");
    await openid.tokenRevocation(config, second.refresh_token);
    assert.equal(await refusal(openid.refreshTokenGrant(config, second.refresh_token)), "invalid_grant");
  });

  it("is told apart from strangers", async () => {
    const wrong = await openid.discovery(new URL(world.issuer), client.id, "not-the-secret");
    assert.equal(await refusal(openid.refreshTokenGrant(wrong, "cfr_any")), "invalid_client");
    const person = world.person();
    const to = openid.buildAuthorizationUrl(config, { redirect_uri: "https://evil.example/", scope: "openid" });
    const { page, status } = await person.open(to, "https://evil.example/");
    assert.equal(status, 400, "a hosted page, no redirect to a stranger");
    assert.match(page, /<h1/);
  });

  it("is told that the person declined", async () => {
    const person = world.person("grace");
    person.decision = "deny";
    assert.equal(await refusal(signIn({ person })), "access_denied");
  });

  it("pushes its request", async () => {
    const tokens = await signIn({ push: true });
    assert.match(tokens.claims().email, /^ada@/);
    const bad = { redirect_uri: "https://evil.example/", scope: "openid", response_type: "code" };
    const refused = openid.buildAuthorizationUrlWithPAR(config, bad);
    assert.match(await refusal(refused), /^invalid_(request|redirect_uri)$/);
  });

  it("binds its tokens to a key with DPoP", async () => {
    const DPoP = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair());
    const tokens = await signIn({ options: { DPoP } });
    assert.equal(tokens.token_type.toLowerCase(), "dpop");
    const info = await openid.fetchUserInfo(config, tokens.access_token, tokens.claims().sub, { DPoP });
    assert.equal(info.sub, tokens.claims().sub);
    const asBearer = await fetch(`${world.issuer}userinfo`, {
      headers: { authorization: `Bearer ${tokens.access_token}` },
    });
    assert.equal(asBearer.status, 401, "without its key the token is worth nothing");
  });

  it("exchanges its refresh token for the provider's access token", async () => {
    const tokens = await signIn();
    const request = { subject_token: tokens.refresh_token, subject_token_type: REFRESH_TOKEN, requested_token_type: FEDERATED };
    const exchanged = await openid.genericGrantRequest(config, VAULT_GRANT, { ...request, connection: "notes" });
    assert.equal(await world.notes(exchanged.access_token), 200);
    assert.ok(exchanged.scope.split(" ").includes("notes.read"));
    assert.ok(exchanged.expires_in > 0);
    assert.equal(exchanged.issued_token_type, FEDERATED);
    const unknown = openid.genericGrantRequest(config, VAULT_GRANT, { ...request, connection: "elsewhere" });
    assert.equal(await refusal(unknown), "invalid_request");
  });

  it("exchanges it by RFC 8693 as well", async () => {
    const tokens = await signIn();
    const grant = "urn:ietf:params:oauth:grant-type:token-exchange";
    const exchanged = await openid.genericGrantRequest(config, grant, {
      subject_token: tokens.refresh_token,
      subject_token_type: REFRESH_TOKEN,
      requested_token_type: "urn:ietf:params:oauth:token-type:access_token",
      audience: "notes",
    });
    assert.equal(await world.notes(exchanged.access_token), 200);
    assert.equal(exchanged.issued_token_type, "urn:ietf:params:oauth:token-type:access_token");
  });

  it("signs in from a device, which connects the account as well", async () => {
    const device = await world.application("native", { grants: DEVICE });
    const as = await openid.discovery(new URL(world.issuer), device.id, undefined, openid.None());
    const begun = await openid.initiateDeviceAuthorization(as, { scope: SCOPE });
    assert.equal(new URL(begun.verification_uri).pathname, "/activate");
    const polling = openid.pollDeviceAuthorizationGrant(as, begun, undefined, { signal: AbortSignal.timeout(30_000) });
    const { page } = await world.person().open(begun.verification_uri_complete);
    assert.match(page, /<h1/);
    const tokens = await polling;
    assert.match(tokens.claims().email, /^ada@/);
    assert.ok(tokens.refresh_token);
  });

  it("is told that a device was refused", async () => {
    const device = await world.application("native", { grants: DEVICE });
    const as = await openid.discovery(new URL(world.issuer), device.id, undefined, openid.None());
    const begun = await openid.initiateDeviceAuthorization(as, { scope: SCOPE });
    const polling = refusal(openid.pollDeviceAuthorizationGrant(as, begun, undefined, { signal: AbortSignal.timeout(30_000) }));
    const person = world.person();
    person.decision = "deny";
    await person.open(begun.verification_uri_complete);
    assert.equal(await polling, "access_denied");
  });

  it("logs out, and the session is over", async () => {
    const person = world.person();
    const tokens = await signIn({ person });
    const to = openid.buildEndSessionUrl(config, {
      post_logout_redirect_uri: DONE,
      id_token_hint: tokens.id_token,
      state: "goodbye",
    });
    const { url } = await person.open(to, DONE);
    assert.equal(url.searchParams.get("state"), "goodbye");
    assert.equal(await refusal(signIn({ person, params: { prompt: "none" } })), "login_required");
  });

  it("knows the algorithm of its ID tokens beforehand", async () => {
    const { id_token } = await signIn();
    assert.equal(decodeProtectedHeader(id_token).alg, "RS256");
  });
});
