// An application that signs its user in and connects further accounts through the My Account API, as the
// published SDKs do: ticket, connect code, PKCE.

import { createServer } from "node:http";
import * as openid from "openid-client";

const SCOPES = "create:me:connected_accounts read:me:connected_accounts delete:me:connected_accounts";
const VAULT_GRANT = "urn:auth0:params:oauth:grant-type:token-exchange:federated-connection-access-token";

export class Connector {
  static async start() {
    const app = new Connector();
    /** Everything secret that passed through its hands. */
    app.secrets = new Set();
    app.server = createServer((request, response) => {
      app.answer(request, response).catch((error) => {
        response.writeHead(500, { "content-type": "text/plain" }).end(error.message);
      });
    });
    await new Promise((resolve) => app.server.listen(0, "127.0.0.1", resolve));
    app.url = `http://127.0.0.1:${app.server.address().port}/`;
    app.callback = `${app.url}callback`;
    return app;
  }

  async configure(issuer, client) {
    this.issuer = issuer;
    this.client = client;
    this.config = await openid.discovery(new URL(issuer), client.id, client.secret, undefined, {
      execute: [openid.allowInsecureRequests],
    });
  }

  async answer(request, response) {
    const url = new URL(request.url, this.url);
    const query = Object.fromEntries(url.searchParams);
    if (url.pathname === "/sign-in") {
      this.flow = { verifier: openid.randomPKCECodeVerifier(), state: openid.randomState() };
      const to = openid.buildAuthorizationUrl(this.config, {
        redirect_uri: this.callback,
        scope: "openid profile email offline_access",
        code_challenge: await openid.calculatePKCECodeChallenge(this.flow.verifier),
        code_challenge_method: "S256",
        state: this.flow.state,
        ...query,
      });
      response.writeHead(303, { location: to.href }).end();
    } else if (url.pathname === "/connect") {
      const { scopes, ...further } = query;
      const begun = await this.begin(scopes ? scopes.split(" ") : [], further);
      const to = new URL(begun.connect_uri);
      to.searchParams.set("ticket", begun.connect_params.ticket);
      response.writeHead(303, { location: to.href }).end();
    } else if (query.connect_code) {
      this.secrets.add(query.connect_code);
      this.account = await this.complete(query.connect_code, query.state);
      this.show(response, `Connected ${this.account.id}`);
    } else if (query.error) {
      this.show(response, `Refused: ${query.error}`);
    } else {
      this.tokens = await openid.authorizationCodeGrant(this.config, url, {
        pkceCodeVerifier: this.flow.verifier,
        expectedState: this.flow.state,
      });
      this.secrets.add(this.tokens.access_token).add(this.tokens.refresh_token);
      this.show(response, `Signed in as ${this.tokens.claims().name}`);
    }
  }

  show(response, heading) {
    response.writeHead(200, { "content-type": "text/html" }).end(`<!doctype html><title>App</title><h1>${heading}</h1>`);
  }

  /** A token for the My Account API. */
  async token() {
    const audience = `${this.issuer}me/`;
    const answer = await openid.refreshTokenGrant(this.config, this.tokens.refresh_token, { audience, scope: SCOPES });
    this.tokens.refresh_token = answer.refresh_token ?? this.tokens.refresh_token;
    this.secrets.add(answer.access_token).add(this.tokens.refresh_token);
    return answer.access_token;
  }

  async api(method, path, body) {
    const answer = await fetch(new URL(`me/v1/connected-accounts/${path}`, this.issuer), {
      method,
      headers: { authorization: `Bearer ${await this.token()}`, "content-type": "application/json" },
      body: body && JSON.stringify(body),
    });
    return { status: answer.status, body: answer.status === 204 ? null : await answer.json() };
  }

  async begin(scopes, { connection = "work", ...authorizationParams }) {
    this.session = { verifier: openid.randomPKCECodeVerifier(), state: openid.randomState() };
    const { status, body } = await this.api("POST", "connect", {
      connection,
      redirect_uri: this.callback,
      state: this.session.state,
      code_challenge: await openid.calculatePKCECodeChallenge(this.session.verifier),
      code_challenge_method: "S256",
      scopes,
      authorization_params: authorizationParams,
    });
    if (status !== 201) throw new Error(JSON.stringify(body));
    this.session.auth = body.auth_session;
    this.secrets.add(body.auth_session).add(body.connect_params.ticket);
    return body;
  }

  async complete(code, state) {
    if (state !== this.session.state) throw new Error("nobody began this");
    const { status, body } = await this.api("POST", "complete", {
      auth_session: this.session.auth,
      connect_code: code,
      redirect_uri: this.callback,
      code_verifier: this.session.verifier,
    });
    if (status !== 201) throw new Error(JSON.stringify(body));
    return body;
  }

  async accounts() {
    return (await this.api("GET", "accounts")).body.accounts;
  }

  /** One exchange: `{status, body}`. */
  async exchange(connection, further = {}) {
    const answer = await fetch(new URL("oauth/token", this.issuer), {
      method: "POST",
      body: new URLSearchParams({
        grant_type: VAULT_GRANT,
        subject_token_type: "urn:ietf:params:oauth:token-type:refresh_token",
        requested_token_type: "http://auth0.com/oauth/token-type/federated-connection-access-token",
        subject_token: this.tokens.refresh_token,
        connection,
        client_id: this.client.id,
        client_secret: this.client.secret,
        ...further,
      }),
    });
    const body = await answer.json();
    if (body.access_token) this.secrets.add(body.access_token);
    return { status: answer.status, body };
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
