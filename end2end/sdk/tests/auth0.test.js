// npm auth0: the authentication client (which the package keeps under `auth0/legacy`).

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { AuthenticationClient, UserInfoClient } from "auth0/legacy";
import { GRANTS, World } from "../lib/world.js";

const CALLBACK = "https://app.example/callback";

describe("auth0, the authentication client", { timeout: 120_000 }, () => {
  let world, client, auth;
  before(async () => {
    world = await World.start();
    client = await world.application("regular_web", { callbacks: [CALLBACK], grants: GRANTS });
    auth = new AuthenticationClient({ domain: world.domain, clientId: client.id, clientSecret: client.secret });
  });
  after(() => world?.stop());

  async function signIn(push = false) {
    const code_verifier = randomBytes(32).toString("base64url");
    const wanted = {
      client_id: client.id,
      redirect_uri: CALLBACK,
      response_type: "code",
      scope: "openid profile email offline_access",
      connection: "notes",
      code_challenge: createHash("sha256").update(code_verifier).digest("base64url"),
      code_challenge_method: "S256",
    };
    const to = new URL("authorize", world.issuer);
    if (push) {
      const { data } = await auth.oauth.pushedAuthorization(wanted);
      to.search = new URLSearchParams({ client_id: client.id, request_uri: data.request_uri });
    } else {
      to.search = new URLSearchParams(wanted);
    }
    const { url } = await world.person().open(to, CALLBACK);
    const code = url.searchParams.get("code");
    const { data } = await auth.oauth.authorizationCodeGrantWithPKCE({ code, code_verifier, redirect_uri: CALLBACK });
    return data;
  }

  it("signs in, and by a pushed request too", async () => {
    const tokens = await signIn();
    assert.equal(tokens.token_type, "Bearer");
    assert.ok(tokens.id_token && tokens.refresh_token && tokens.expires_in > 0);
    assert.ok((await signIn(true)).access_token);
    const users = new UserInfoClient({ domain: world.domain });
    assert.match((await users.getUserInfo(tokens.access_token)).data.email, /^ada@/);
    await assert.rejects(users.getUserInfo("cfa_nobodys"), (error) => error.statusCode === 401);
  });

  it("refreshes and revokes", async () => {
    const { refresh_token } = await signIn();
    const { data } = await auth.oauth.refreshTokenGrant({ refresh_token });
    await auth.oauth.revokeRefreshToken({ token: data.refresh_token });
    await assert.rejects(auth.oauth.refreshTokenGrant({ refresh_token: data.refresh_token }), (error) => {
      assert.equal(error.error, "invalid_grant");
      assert.equal(error.statusCode, 400);
      return true;
    });
  });

  it("gets a token for a connection", async () => {
    const { refresh_token } = await signIn();
    // The SDK leaves its client id out of this one request, and sends what it is given besides.
    const request = { subject_token: refresh_token, client_id: client.id };
    const { data } = await auth.oauth.tokenForConnection({ ...request, connection: "notes" });
    assert.equal(await world.notes(data.access_token), 200);
    const elsewhere = auth.oauth.tokenForConnection({ ...request, connection: "elsewhere" });
    await assert.rejects(elsewhere, (error) => error.error === "invalid_request" && error.statusCode === 400);
  });

  it("is refused where its secret is wrong, or the grant is not there", async () => {
    const wrong = new AuthenticationClient({ domain: world.domain, clientId: client.id, clientSecret: "not-it" });
    const refused = wrong.oauth.refreshTokenGrant({ refresh_token: "cfr_any" });
    await assert.rejects(refused, (error) => error.error === "invalid_client" && error.statusCode === 401);
    const password = auth.oauth.passwordGrant({ username: "ada", password: "anything" });
    await assert.rejects(password, (error) => error.error === "unsupported_grant_type");
  });
});
