// A hosted vault to move from: its management API, as the vendor's description says, with what can be moved and what
// cannot.

import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { join } from "node:path";
import { CLIENT } from "../../lib/providers.js";
import { files } from "./authority.js";

const VAULT = "urn:auth0:params:oauth:grant-type:token-exchange:federated-connection-access-token";

export class Hosted {
  /** `issuer` is the provider that its connection leads to. */
  static async start(issuer) {
    const hosted = new Hosted();
    const { certificate, key } = files(join(process.env.SDK_PLACE, "tls"));
    hosted.credentials = { client_id: "exporter", client_secret: "exporter-secret" };
    hosted.server = createServer({ cert: readFileSync(certificate), key: readFileSync(key) }, async (request, response) => {
      let body = "";
      for await (const part of request) body += part;
      const [status, answer] = hosted.answer(request, new URL(request.url, "https://localhost"), new URLSearchParams(body));
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answer));
    });
    await new Promise((resolve) => hosted.server.listen(0, "127.0.0.1", resolve));
    hosted.domain = `localhost:${hosted.server.address().port}`;
    hosted.lists = lists(issuer, `https://${hosted.domain}/`);
    return hosted;
  }

  answer(request, { pathname, searchParams }, form) {
    if (pathname === "/oauth/token") {
      const known = Object.entries(this.credentials).every(([name, value]) => form.get(name) === value);
      return known ? [200, { access_token: "exporter-token", expires_in: 86400, token_type: "Bearer" }] : [401, {}];
    }
    if (request.headers.authorization !== "Bearer exporter-token") return [401, { statusCode: 401 }];
    const [, name, rows] = this.lists.find(([path]) => pathname === `/api/v2/${path}`) ?? [];
    if (!rows) return [404, { statusCode: 404 }];
    // Lists by checkpoint have everything on their first page here, those by number too.
    const page = Number(searchParams.get("page") ?? 0) === 0 ? rows : [];
    return [200, { start: 0, limit: 50, total: rows.length, [name]: page }];
  }

  stop() {
    this.server.closeAllConnections();
    this.server.close();
  }
}

/** Path, name and rows of each list. */
const lists = (issuer, old) => [
  [
    "connections",
    "connections",
    [
      {
        id: "con_work",
        name: "work",
        display_name: "Work",
        strategy: "oidc",
        options: {
          type: "back_channel",
          client_id: CLIENT.id,
          client_secret: CLIENT.secret,
          discovery_url: `${issuer}/.well-known/openid-configuration`,
          scope: "openid profile email offline_access notes.read",
          schema_version: "oidc-V4",
          domain_aliases: ["work.example"],
          connection_settings: { pkce: "auto" },
        },
        authentication: { active: true },
        connected_accounts: { active: true },
        is_domain_connection: false,
        show_as_button: true,
        realms: ["work"],
      },
      {
        id: "con_github",
        name: "github",
        strategy: "github",
        options: { client_id: "Iv1.old", client_secret: "github-secret", scope: ["repo"], read_org: true, profile: true },
        authentication: { active: false },
        connected_accounts: { active: true },
      },
      { id: "con_db", name: "Passwords", strategy: "auth0", options: { passwordPolicy: "good" }, realms: ["Passwords"] },
    ],
  ],
  ["connections/con_work/clients", "clients", [{ client_id: "w3bw3bw3b" }, { client_id: "pageplease" }]],
  ["connections/con_github/clients", "clients", [{ client_id: "w3bw3bw3b" }]],
  ["connections/con_db/clients", "clients", [{ client_id: "w3bw3bw3b" }]],
  [
    "clients",
    "clients",
    [
      { client_id: "all", name: "All Applications", global: true, callbacks: [] },
      {
        client_id: "w3bw3bw3b",
        client_secret: "an-old-client-secret-of-the-hosted-vault-that-is-long-enough-0123",
        name: "Travel agent",
        app_type: "regular_web",
        callbacks: ["https://app.example/callback"],
        allowed_logout_urls: ["https://app.example/"],
        grant_types: ["authorization_code", "refresh_token", "implicit", "password", VAULT],
        token_endpoint_auth_method: "client_secret_post",
        is_first_party: true,
        refresh_token: {
          rotation_type: "non-rotating",
          policies: [{ audience: `${old}me/`, scope: ["create:me:connected_accounts"] }],
        },
        jwt_configuration: { alg: "HS256" },
        sso_disabled: false,
        cross_origin_authentication: false,
      },
      {
        client_id: "pageplease",
        name: "Page",
        app_type: "spa",
        callbacks: ["https://page.example/"],
        web_origins: ["https://page.example"],
        grant_types: ["authorization_code", "refresh_token"],
        token_endpoint_auth_method: "none",
        is_first_party: true,
      },
      {
        client_id: "machine",
        client_secret: "another-client-secret-of-the-hosted-vault-that-is-long-enough-456",
        name: "Machine",
        app_type: "non_interactive",
        grant_types: ["client_credentials"],
        token_endpoint_auth_method: "client_secret_post",
      },
    ],
  ],
  [
    "resource-servers",
    "resource_servers",
    [
      { id: "rs_1", name: "Management API", identifier: `${old}api/v2/`, is_system: true, scopes: [] },
      {
        id: "rs_2",
        name: "Calendar",
        identifier: "https://calendar.example/",
        scopes: [{ value: "read:events", description: "See events" }],
        signing_alg: "HS256",
        token_lifetime: 86400,
        allow_offline_access: true,
        skip_consent_for_verifiable_first_party_clients: true,
      },
    ],
  ],
  [
    "client-grants",
    "client_grants",
    [
      { id: "cgr_1", client_id: "machine", audience: "https://calendar.example/", scope: ["read:events"] },
      { id: "cgr_2", client_id: "machine", audience: `${old}api/v2/`, scope: ["read:users"] },
    ],
  ],
];
