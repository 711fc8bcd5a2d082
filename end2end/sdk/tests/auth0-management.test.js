// npm auth0: the management client, which gets its own tokens. Create, read, page, change, delete, and errors.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { ManagementClient, ManagementError } from "auth0";
import { AuthenticationClient } from "auth0/legacy";
import { CLIENT } from "../../lib/providers.js";
import { GRANTS, World } from "../lib/world.js";

const CALLBACK = "https://app.example/callback";

describe("auth0, the management client", { timeout: 120_000 }, () => {
  let world, management, manager;
  before(async () => {
    world = await World.start();
    manager = await world.manager();
    const settings = { domain: world.domain, clientId: manager.id, clientSecret: manager.secret };
    management = new ManagementClient(settings);
  });
  after(() => world?.stop());

  /** Everything that a list has, page after page. */
  async function all(list) {
    const found = [];
    for await (const one of await list) found.push(one);
    return found;
  }

  /** Status and code of the error that a call ends with. */
  async function refused(call) {
    const error = await call.then(() => null, (error) => error);
    assert.ok(error instanceof ManagementError, String(error));
    assert.equal(error.body.statusCode, error.statusCode);
    assert.ok(error.body.message && error.body.error, JSON.stringify(error.body));
    return error.statusCode;
  }

  it("creates, reads, changes and deletes an application", async () => {
    const made = await management.clients.create({
      name: "Made by machine",
      app_type: "regular_web",
      callbacks: [CALLBACK],
      grant_types: ["authorization_code", "refresh_token"],
    });
    assert.ok(made.client_id && made.client_secret);
    assert.deepEqual(made.callbacks, [CALLBACK]);
    const read = await management.clients.get(made.client_id);
    assert.equal(read.name, "Made by machine");
    const few = await management.clients.get(made.client_id, { fields: "name,app_type", include_fields: true });
    assert.deepEqual(few, { name: "Made by machine", app_type: "regular_web" });
    const changed = await management.clients.update(made.client_id, { name: "Changed", description: "By machine" });
    assert.equal(changed.name, "Changed");
    assert.deepEqual(changed.callbacks, [CALLBACK], "what was not sent stays");
    const rotated = await management.clients.rotateSecret(made.client_id);
    assert.notEqual(rotated.client_secret, made.client_secret);
    await management.clients.delete(made.client_id);
    assert.equal(await refused(management.clients.get(made.client_id)), 404);
  });

  it("pages through applications", async () => {
    for (let number = 1; number <= 5; number += 1) {
      await management.clients.create({ name: `Page ${number}`, app_type: "native" });
    }
    const everything = await all(management.clients.list({ per_page: 100 }));
    const twoByTwo = await all(management.clients.list({ per_page: 2 }));
    assert.deepEqual(twoByTwo.map((c) => c.client_id), everything.map((c) => c.client_id));
    assert.ok(everything.length >= 6);
    assert.equal((await all(management.clients.list())).length, everything.length);
  });

  it("creates a connection, switches it on for an application, and reads who may use it", async () => {
    const made = await management.connections.create({
      name: "by-machine",
      display_name: "By machine",
      strategy: "oidc",
      options: {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        discovery_url: world.providers.issuer,
        scope: "openid profile email offline_access notes.read",
        federated_connections_access_tokens: { active: true },
      },
      authentication: { active: true },
      connected_accounts: { active: true },
    });
    assert.match(made.id, /^con_/);
    assert.equal(JSON.stringify(made).includes(CLIENT.secret), false, "secrets are write-only");
    const read = await management.connections.get(made.id);
    assert.equal(read.options.federated_connections_access_tokens.active, true);
    const client = await management.clients.create({ name: "Uses it", app_type: "regular_web" });
    await management.connections.clients.update(made.id, [{ client_id: client.client_id, status: true }]);
    const users = await all(management.connections.clients.get(made.id));
    assert.deepEqual(users.map((one) => one.client_id), [client.client_id]);
    const its = await all(management.clients.connections.get(client.client_id));
    assert.deepEqual(its.map((one) => one.name), ["by-machine"]);
    await management.connections.clients.update(made.id, [{ client_id: client.client_id, status: false }]);
    assert.deepEqual(await all(management.connections.clients.get(made.id)), []);
    await management.connections.update(made.id, { display_name: "Changed" });
    assert.equal((await management.connections.get(made.id)).display_name, "Changed");
    assert.ok((await all(management.connections.list({ take: 1 }))).length >= 2);
    assert.equal((await all(management.connections.list({ strategy: ["oidc"], name: "by-machine" }))).length, 1);
    await management.connections.delete(made.id);
    assert.equal(await refused(management.connections.get(made.id)), 404);
  });

  it("creates APIs and grants, and takes them back", async () => {
    const api = await management.resourceServers.create({
      name: "Invoices",
      identifier: "https://invoices.example/",
      scopes: [{ value: "read:invoices", description: "Read" }],
    });
    const client = await management.clients.create({ name: "Machine", app_type: "non_interactive" });
    const grant = await management.clientGrants.create({
      client_id: client.client_id,
      audience: api.identifier,
      scope: ["read:invoices"],
    });
    const auth = new AuthenticationClient({
      domain: world.domain,
      clientId: client.client_id,
      clientSecret: client.client_secret,
    });
    const { data } = await auth.oauth.clientCredentialsGrant({ audience: api.identifier });
    const claims = JSON.parse(Buffer.from(data.access_token.split(".")[1], "base64url"));
    assert.equal(claims.aud, api.identifier);
    assert.equal(claims.scope, "read:invoices");
    const found = await all(management.clientGrants.list({ client_id: client.client_id }));
    assert.deepEqual(found.map((one) => one.id), [grant.id]);
    await management.clientGrants.delete(grant.id);
    const refusal = auth.oauth.clientCredentialsGrant({ audience: api.identifier });
    await assert.rejects(refusal, (error) => ["access_denied", "unauthorized_client", "invalid_target"].includes(error.error));
    await management.resourceServers.update(api.id, { name: "Bills" });
    assert.equal((await management.resourceServers.get(api.id)).name, "Bills");
    assert.ok((await all(management.resourceServers.list({ per_page: 1 }))).some((one) => one.id === api.id));
    await management.resourceServers.delete(api.id);
    assert.equal(await refused(management.resourceServers.get(api.id)), 404);
  });

  it("finds users, their accounts and grants, and what happened", async () => {
    const client = await world.application("regular_web", { callbacks: [CALLBACK], grants: GRANTS });
    const auth = new AuthenticationClient({ domain: world.domain, clientId: client.id, clientSecret: client.secret });
    const code_verifier = randomBytes(32).toString("base64url");
    const to = new URL("authorize", world.issuer);
    to.search = new URLSearchParams({
      client_id: client.id,
      redirect_uri: CALLBACK,
      response_type: "code",
      scope: "openid profile email offline_access",
      connection: "notes",
      code_challenge: createHash("sha256").update(code_verifier).digest("base64url"),
      code_challenge_method: "S256",
    });
    const { url } = await world.person().open(to, CALLBACK);
    const code = url.searchParams.get("code");
    const { data } = await auth.oauth.authorizationCodeGrantWithPKCE({ code, code_verifier, redirect_uri: CALLBACK });
    const exchange = { connection: "notes", subject_token: data.refresh_token, client_id: client.id };
    const released = (await auth.oauth.tokenForConnection(exchange)).data.access_token;

    const [user] = await all(management.users.list({ q: "email:ada*", per_page: 10 }));
    assert.match(user.user_id, /^oidc\|notes\|/);
    assert.equal((await management.users.get(user.user_id)).email, user.email);
    assert.equal((await management.users.listUsersByEmail({ email: user.email })).length, 1);
    const accounts = await all(management.users.connectedAccounts.list(user.user_id));
    assert.equal(accounts.length, 1);
    assert.equal(accounts[0].connection, "notes");
    assert.equal(JSON.stringify([user, accounts]).includes(released), false, "never a token");

    const grants = await all(management.userGrants.list({ user_id: user.user_id }));
    assert.ok(grants.some((grant) => grant.clientID === client.id), JSON.stringify(grants));
    const logs = await all(management.logs.list({ per_page: 50 }));
    assert.ok(logs.length > 5);
    assert.ok(logs.every((one, at) => at === 0 || logs[at - 1].date >= one.date), "the newest first");
    const one = await management.logs.get(logs[0].log_id);
    assert.equal(one.type, logs[0].type);

    for (const grant of grants) await management.userGrants.delete(grant.id);
    assert.deepEqual(await all(management.userGrants.list({ user_id: user.user_id })), []);
    await management.users.delete(user.user_id);
    assert.equal(await refused(management.users.get(user.user_id)), 404);
    const afterwards = auth.oauth.refreshTokenGrant({ refresh_token: data.refresh_token });
    await assert.rejects(afterwards, (error) => error.error === "invalid_grant");
  });

  it("is refused in words", async () => {
    const strangers = new ManagementClient({ domain: world.domain, token: "nobodys" });
    assert.equal(await refused(strangers.clients.list()), 401);
    assert.equal(await refused(management.clients.create({ name: "" })), 400);
    assert.equal(await refused(management.clients.get("nobody")), 404);
    const options = { client_id: "a", client_secret: "b", discovery_url: world.providers.issuer };
    const twice = { name: "notes", strategy: "oidc", options };
    assert.equal(await refused(management.connections.create(twice)), 409);
    const wrong = new ManagementClient({ domain: world.domain, clientId: manager.id, clientSecret: "not-it" });
    await assert.rejects(wrong.clients.list(), (error) => error.statusCode === 401 && error.body.error === "invalid_client");
  });
});
