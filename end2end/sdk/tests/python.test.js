// PyPI authlib, auth0-python, auth0-api-python and auth0-server-python. Each program is a suite of its own, in the folder python.

import { randomBytes } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { python } from "../lib/python.js";
import { GRANTS, World } from "../lib/world.js";

const CALLBACK = "https://app.example/callback";
const API = "https://things-api.example/";
const OTHER_API = "https://others-api.example/";
const APIS = `
[[api]]
identifier = "${API}"
name = "Things API"
scopes = [{ value = "read:things", description = "Read things" }]

[[api]]
identifier = "${OTHER_API}"
name = "Others API"
scopes = [{ value = "read:others", description = "Read others" }]

[[application]]
client_id = "api-server"
client_secret = { env = "API_SECRET" }
name = "API server"
type = "regular_web"
grants = ["token_vault", "token_exchange"]
resource_server = "${API}"
connections = [{ name = "notes" }]
apis = [{ identifier = "${OTHER_API}", subject = "user", scopes = ["read:others"] }]
`;

describe("Python", { timeout: 180_000 }, () => {
  let world, settings;
  before(async () => {
    world = await World.start();
    const client = await world.application("regular_web", {
      callbacks: [CALLBACK],
      grants: GRANTS,
      connect_accounts: true,
    });
    const manager = await world.manager();
    const secret = randomBytes(24).toString("hex");
    await world.coffer.apply(APIS, { API_SECRET: secret });
    settings = {
      API,
      OTHER_API,
      API_CLIENT_ID: "api-server",
      API_CLIENT_SECRET: secret,
      ISSUER: world.issuer,
      DOMAIN: world.domain,
      CLIENT_ID: client.id,
      CLIENT_SECRET: client.secret,
      CALLBACK,
      MANAGER_ID: manager.id,
      MANAGER_SECRET: manager.secret,
      PROVIDER: world.providers.issuer,
      NOTES: `${world.providers.base}/sandbox/api/notes`,
    };
  });
  after(() => world?.stop());

  for (const program of [
    "authlib_code.py",
    "auth0_authentication.py",
    "auth0_management.py",
    "auth0_api.py",
    "auth0_server.py",
  ]) {
    it(program, () => python(program, settings, () => world.person()));
  }
});
