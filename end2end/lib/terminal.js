// An agent in a terminal, on npm openid-client: it shows an address and a code, and waits.

import * as openid from "openid-client";

export class Terminal {
  static async start(issuer, client) {
    const terminal = new Terminal();
    terminal.config = await openid.discovery(new URL(issuer), client.id, client.secret, undefined, {
      execute: [openid.allowInsecureRequests],
    });
    return terminal;
  }

  /** Asks, and waits in the background: what it shows, and its tokens or the error, one day. */
  async ask(parameters = {}) {
    const shown = await openid.initiateDeviceAuthorization(this.config, {
      scope: "openid profile offline_access",
      ...parameters,
    });
    const tokens = openid.pollDeviceAuthorizationGrant(this.config, shown);
    tokens.catch(() => {});
    return { ...shown, tokens };
  }

  /** A provider's access token for the user of a refresh token. */
  vault(refreshToken, connection) {
    return openid.genericGrantRequest(
      this.config,
      "urn:auth0:params:oauth:grant-type:token-exchange:federated-connection-access-token",
      {
        subject_token_type: "urn:ietf:params:oauth:token-type:refresh_token",
        subject_token: refreshToken,
        requested_token_type: "http://auth0.com/oauth/token-type/federated-connection-access-token",
        connection,
      },
    );
  }
}
