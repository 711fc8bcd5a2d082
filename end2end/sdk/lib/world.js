// Everything a program needs: a provider, a fresh Coffer over TLS, an administrator who set it up, a person.

import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { Coffer } from "../../lib/coffer.js";
import { CLIENT, Providers } from "../../lib/providers.js";
import { files } from "./authority.js";
import { Console } from "./console.js";
import { Person } from "./person.js";

export class World {
  /** `settings` are further environment variables of the server. */
  static async start(settings = {}) {
    const world = new World();
    const tls = files(join(process.env.SDK_PLACE, "tls"));
    [world.providers, world.coffer] = await Promise.all([Providers.start(), Coffer.start(settings, [], tls)]);
    world.issuer = world.coffer.url;
    /** What SDKs call the domain: a host, with its port. */
    world.domain = new URL(world.issuer).host;
    world.admin = await Console.setUp(world.coffer);
    world.connection = await world.admin.connection(world.providers.issuer, CLIENT);
    return world;
  }

  /** An application that may use the connection. */
  application(type, changes = {}) {
    return this.admin.application(type, changes, [this.connection]);
  }

  /** A machine-to-machine application that may do everything at the management API. */
  async manager() {
    const secret = randomBytes(24).toString("hex");
    const scopes = JSON.stringify(MANAGEMENT_SCOPES);
    await this.coffer.apply(
      `
[[application]]
client_id = "manager"
client_secret = { env = "MANAGER_SECRET" }
name = "Manager"
type = "machine_to_machine"
grants = ["client_credentials"]
apis = [{ identifier = "{public_url}api/v2/", subject = "client", scopes = ${scopes} }]
`,
      { MANAGER_SECRET: secret },
    );
    return { id: "manager", secret };
  }

  person(account) {
    return new Person(this.coffer, account);
  }

  /** Calls the provider's API with a token of the vault. */
  async notes(accessToken) {
    const answer = await fetch(`${this.providers.base}/sandbox/api/notes`, {
      headers: { authorization: `Bearer ${accessToken}` },
    });
    return answer.status;
  }

  async stop() {
    await this.providers?.stop();
    await this.coffer?.stop();
  }
}

/** Everything that can be done at the management API. */
export const MANAGEMENT_SCOPES = [
  ...["connections", "clients", "resource_servers", "client_grants"].flatMap((kind) =>
    ["create", "read", "update", "delete"].map((verb) => `${verb}:${kind}`),
  ),
  ...["read:client_keys", "update:client_keys", "read:users", "delete:users", "read:grants", "delete:grants"],
  ...["read:logs", "read:federated_connections_tokens", "delete:federated_connections_tokens"],
];

/** Every grant there is. */
export const GRANTS = [
  "authorization_code",
  "refresh_token",
  "device_code",
  "client_credentials",
  "token_exchange",
  "token_vault",
];
