// Access tokens for APIs: npm openid-client and @auth0/auth0-auth-js as the application, the API's server, and a
// machine that proves itself with a key.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { AuthClient } from "@auth0/auth0-auth-js";
import { createRemoteJWKSet, exportJWK, exportPKCS8, generateKeyPair, jwtVerify } from "jose";
import * as openid from "openid-client";
import { World } from "../lib/world.js";

const CALLBACK = "https://app.example/callback";
const API = "https://notes-api.example/";
const OTHER = "https://other-api.example/";
const SCOPE = "openid offline_access read:notes";

describe("APIs", { timeout: 120_000 }, () => {
  let world, config, server, pem, person;
  before(async () => {
    world = await World.start();
    const [web, service] = [randomBytes(24).toString("hex"), randomBytes(24).toString("hex")];
    const { publicKey, privateKey } = await generateKeyPair("RS256", { extractable: true });
    pem = await exportPKCS8(privateKey);
    const { n, e } = await exportJWK(publicKey);
    await world.coffer.apply(
      `
[[api]]
identifier = "${API}"
name = "Notes API"
scopes = [{ value = "read:notes", description = "Read your notes" }, { value = "write:notes", description = "Write" }]
offline_access = true

[[api]]
identifier = "${OTHER}"
name = "Other API"
scopes = [{ value = "read:other", description = "Read the other" }]

[[application]]
client_id = "web"
client_secret = { env = "WEB" }
name = "Web"
type = "regular_web"
callbacks = ["${CALLBACK}"]
grants = ["authorization_code", "refresh_token", "token_vault"]
connect_accounts = true
connections = [{ name = "notes" }]
refresh_policies = [{ audience = "${OTHER}", scope = ["read:other"] }]

[[application]]
client_id = "notes-server"
client_secret = { env = "SERVICE" }
name = "Notes server"
type = "regular_web"
grants = ["token_vault", "token_exchange"]
resource_server = "${API}"
connections = [{ name = "notes" }]

[[application]]
client_id = "machine"
name = "Machine"
type = "machine_to_machine"
grants = ["client_credentials"]
auth_method = "private_key_jwt"
jwks = { keys = [{ kty = "RSA", kid = "one", alg = "RS256", use = "sig", n = "${n}", e = "${e}" }] }
apis = [{ identifier = "${API}", subject = "client", scopes = ["read:notes"] }]
`,
      { WEB: web, SERVICE: service },
    );
    config = await openid.discovery(new URL(world.issuer), "web", web);
    server = new AuthClient({ domain: world.domain, clientId: "notes-server", clientSecret: service });
    person = world.person();
  });
  after(() => world?.stop());

  async function signIn(params) {
    const verifier = openid.randomPKCECodeVerifier();
    const to = openid.buildAuthorizationUrl(config, {
      redirect_uri: CALLBACK,
      scope: SCOPE,
      connection: "notes",
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
      ...params,
    });
    const { url } = await person.open(to, CALLBACK);
    return openid.authorizationCodeGrant(config, url, { pkceCodeVerifier: verifier });
  }

  /** What an API's server reads, once it checked the token as RFC 9068 section 4 says. */
  async function read(token, audience = API) {
    const keys = createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri));
    const { payload } = await jwtVerify(token, keys, {
      issuer: world.issuer,
      audience,
      typ: "at+jwt",
      algorithms: ["RS256"],
      requiredClaims: ["exp", "iat", "sub", "client_id", "jti"],
    });
    return payload;
  }

  for (const name of ["audience", "resource"]) {
    it(`gives a token for the API that the application names by ${name}`, async () => {
      const tokens = await signIn({ [name]: API });
      const claims = await read(tokens.access_token);
      assert.equal(claims.client_id, "web");
      assert.ok(claims.scope.split(" ").includes("read:notes"));
      assert.match(claims.sub, /^oidc\|notes\|/);
    });
  }

  it("refuses an API that nobody knows", async () => {
    await assert.rejects(signIn({ audience: "https://nowhere.example/" }), (error) => {
      assert.match(error.error, /^(invalid_target|access_denied|invalid_request)$/);
      return true;
    });
  });

  it("refreshes for another API, and for the person's own account", async () => {
    const { refresh_token } = await signIn({ audience: API });
    const other = await openid.refreshTokenGrant(config, refresh_token, { audience: OTHER, scope: "read:other" });
    assert.equal((await read(other.access_token, OTHER)).scope, "read:other");
    const me = await openid.refreshTokenGrant(config, other.refresh_token ?? refresh_token, {
      audience: `${world.issuer}me/`,
      scope: "read:me:connected_accounts",
    });
    const answer = await fetch(`${world.issuer}me/v1/connected-accounts/accounts`, {
      headers: { authorization: `Bearer ${me.access_token}` },
    });
    assert.equal(answer.status, 200);
    assert.equal((await answer.json()).accounts[0].connection, "notes");
  });

  it("lets the API's server exchange the caller's access token for the provider's", async () => {
    const { access_token } = await signIn({ audience: API });
    const token = await server.getTokenForConnection({ connection: "notes", accessToken: access_token });
    assert.equal(await world.notes(token.accessToken), 200);
    assert.ok(token.scope.split(" ").includes("notes.read"));
  });

  it("refuses the exchange of what is not for it", async () => {
    const { access_token } = await signIn({ scope: "openid" });
    const refused = await server.getTokenForConnection({ connection: "notes", accessToken: access_token }).catch((e) => e);
    assert.equal(refused.cause.error, "invalid_grant");
    const forged = await server.getTokenForConnection({ connection: "notes", accessToken: "a.b.c" }).catch((e) => e);
    assert.equal(forged.cause.error, "invalid_grant");
  });

  it("takes a machine that proves itself with its key", async () => {
    const machine = new AuthClient({ domain: world.domain, clientId: "machine", clientAssertionSigningKey: pem });
    const { accessToken } = await machine.getTokenByClientCredentials({ audience: API });
    const claims = await read(accessToken);
    assert.equal(claims.client_id, "machine");
    assert.equal(claims.scope, "read:notes");
    const elsewhere = await machine.getTokenByClientCredentials({ audience: OTHER }).catch((error) => error);
    assert.match(elsewhere.cause.error, /^(access_denied|invalid_target|unauthorized_client)$/);
    const { privateKey } = await generateKeyPair("RS256", { extractable: true });
    const stranger = new AuthClient({
      domain: world.domain,
      clientId: "machine",
      clientAssertionSigningKey: await exportPKCS8(privateKey),
    });
    const refused = await stranger.getTokenByClientCredentials({ audience: API }).catch((error) => error);
    assert.equal(refused.cause.error, "invalid_client");
  });
});
