// The application of the story: a small program on npm openid-client. It signs its user in at Coffer,
// exchanges its own refresh token for the provider's access token, and calls the provider with it.

import { createServer } from "node:http";
import * as openid from "openid-client";

const VAULT_GRANT = "urn:auth0:params:oauth:grant-type:token-exchange:federated-connection-access-token";

export class Agent {
  static async start() {
    const agent = new Agent();
    agent.flows = new Map();
    agent.server = createServer((request, response) => {
      agent.answer(request, response).catch((error) => {
        response.writeHead(500, { "content-type": "text/plain" });
        response.end(`${error.error ?? error.code ?? ""} ${error.error_description ?? error.message}`);
      });
    });
    await new Promise((resolve) => agent.server.listen(0, "127.0.0.1", resolve));
    agent.url = `http://127.0.0.1:${agent.server.address().port}/`;
    agent.callback = `${agent.url}callback`;
    return agent;
  }

  /** Tells the application who it is at Coffer. */
  async configure(issuer, client, connection, userInfo) {
    this.connection = connection;
    this.userInfo = userInfo;
    this.config = await openid.discovery(new URL(issuer), client.id, client.secret, undefined, {
      execute: [openid.allowInsecureRequests],
    });
  }

  async answer(request, response) {
    const url = new URL(request.url, this.url);
    if (url.pathname === "/sign-in") {
      const state = openid.randomState();
      const verifier = openid.randomPKCECodeVerifier();
      const nonce = openid.randomNonce();
      this.flows.set(state, { verifier, nonce });
      const wanted = {
        redirect_uri: this.callback,
        scope: "openid profile email offline_access",
        code_challenge: await openid.calculatePKCECodeChallenge(verifier),
        code_challenge_method: "S256",
        state,
        nonce,
        ...Object.fromEntries(url.searchParams),
      };
      response.writeHead(303, { location: openid.buildAuthorizationUrl(this.config, wanted).href }).end();
    } else if (url.pathname === "/callback") {
      const flow = this.flows.get(url.searchParams.get("state"));
      if (!flow) throw new Error("nobody began this");
      this.tokens = await openid.authorizationCodeGrant(this.config, url, {
        pkceCodeVerifier: flow.verifier,
        expectedState: url.searchParams.get("state"),
        expectedNonce: flow.nonce,
      });
      this.claims = this.tokens.claims();
      await this.show(response);
    } else if (url.pathname === "/work") {
      await this.show(response);
    } else {
      response.writeHead(404).end();
    }
  }

  /** Calls the provider's API for the user and shows what came back. */
  async show(response) {
    const { exchanged, person } = await this.work();
    response.writeHead(200, { "content-type": "text/html" });
    response.end(
      `<!doctype html><title>Agent</title><h1>Signed in as ${this.claims.name}</h1>` +
        `<p id="person">${JSON.stringify(person)}</p><p id="scope">${exchanged.scope}</p>`,
    );
  }

  /** One exchange and one call: `{exchanged, person}`. */
  async work() {
    const exchanged = await openid.genericGrantRequest(this.config, VAULT_GRANT, {
      subject_token_type: "urn:ietf:params:oauth:token-type:refresh_token",
      subject_token: this.tokens.refresh_token,
      requested_token_type: "http://auth0.com/oauth/token-type/federated-connection-access-token",
      connection: this.connection,
    });
    const answer = await fetch(this.userInfo, {
      headers: { authorization: `Bearer ${exchanged.access_token}` },
    });
    if (!answer.ok) throw new Error(`the provider answered ${answer.status}`);
    return { exchanged, person: await answer.json() };
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
