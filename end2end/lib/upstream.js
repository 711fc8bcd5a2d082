// An OpenID provider that is not Coffer: npm oidc-provider, on loopback, with rotating refresh tokens.
// A refresh token that is spent twice ends the whole grant there, so a wrong refresh cannot hide.

import { generateKeyPair } from "node:crypto";
import { createServer } from "node:http";
import { promisify } from "node:util";
import Provider from "oidc-provider";
import { note } from "./secrets.js";

export const CLIENT = { id: "coffer-at-the-provider", secret: "a-client-secret-that-only-the-vault-keeps" };

export class Upstream {
  /** Starts the provider; `redirectUri` is Coffer's callback URL. */
  static async start(redirectUri) {
    const upstream = new Upstream();
    /** Life of new access tokens, in seconds. */
    upstream.tokenLife = 3600;
    /** How it answers: "up", "down" (503) or "cut" (the connection ends). */
    upstream.mode = "up";
    /** Refreshes that succeeded, and token requests that were refused. */
    upstream.refreshes = 0;
    upstream.refusals = [];
    /** Every token it handed out. */
    upstream.issued = new Set();
    let handler = (_, response) => response.end();
    upstream.server = createServer((request, response) => {
      if (upstream.mode === "down") return void response.writeHead(503).end("unavailable");
      if (upstream.mode === "cut") return void request.socket.destroy();
      handler(request, response);
    });
    await new Promise((resolve) => upstream.server.listen(0, "127.0.0.1", resolve));
    upstream.issuer = `http://127.0.0.1:${upstream.server.address().port}`;
    upstream.provider = await upstream.configure(redirectUri);
    handler = upstream.provider.callback();
    return upstream;
  }

  async configure(redirectUri) {
    const keys = await promisify(generateKeyPair)("rsa", { modulusLength: 2048 });
    const provider = new Provider(this.issuer, {
      clients: [
        {
          client_id: CLIENT.id,
          client_secret: CLIENT.secret,
          redirect_uris: [redirectUri],
          grant_types: ["authorization_code", "refresh_token"],
          response_types: ["code"],
        },
      ],
      jwks: { keys: [{ ...keys.privateKey.export({ format: "jwk" }), use: "sig", alg: "RS256" }] },
      cookies: { keys: ["upstream"] },
      scopes: ["openid", "profile", "email", "offline_access", "calendar.read"],
      claims: { openid: ["sub"], profile: ["name"], email: ["email", "email_verified"] },
      findAccount: (_, id) => ({
        accountId: id,
        claims: () => ({
          sub: id,
          name: `${id[0].toUpperCase()}${id.slice(1)} of the provider`,
          email: `${id}@provider.example`,
          email_verified: true,
        }),
      }),
      rotateRefreshToken: true,
      pkce: { required: () => true },
      ttl: {
        AccessToken: () => this.tokenLife,
        AuthorizationCode: 60,
        Grant: 86_400,
        IdToken: 600,
        Interaction: 600,
        RefreshToken: 86_400,
        Session: 86_400,
      },
    });
    provider.on("grant.success", (ctx) => {
      if (ctx.oidc.params.grant_type === "refresh_token") this.refreshes += 1;
      for (const name of ["access_token", "refresh_token", "id_token"]) {
        if (ctx.body[name]) this.issued.add(ctx.body[name]);
        note(name, ctx.body[name]);
      }
    });
    provider.on("grant.error", (_, error) => this.refusals.push(error.message));
    provider.on("server_error", (_, error) => console.error("upstream:", error));
    return provider;
  }

  /** The user takes back what they consented to, at the provider. */
  async revokeEverything(accountId) {
    const { Session, Grant, RefreshToken, AccessToken } = this.provider;
    for (const token of this.issued) {
      const found = (await RefreshToken.find(token)) ?? (await AccessToken.find(token));
      if (!found || found.accountId !== accountId) continue;
      for (const kind of [RefreshToken, AccessToken]) await kind.revokeByGrantId(found.grantId);
      const grant = await Grant.find(found.grantId);
      await grant?.destroy();
    }
    void Session;
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
