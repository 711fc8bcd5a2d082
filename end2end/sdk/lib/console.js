// The dashboard's server functions over HTTP: what an administrator sets up, without a browser.

export class Console {
  /** Becomes the first administrator through the link that the server printed. */
  static async setUp(coffer) {
    const admin = new Console();
    admin.coffer = coffer;
    const token = new URL(coffer.setupLink).searchParams.get("token");
    const me = { token, email: "admin@coffer.example", password: "correct horse battery staple" };
    const answer = await admin.post("complete_setup", new URLSearchParams(me));
    admin.cookie = answer.headers
      .getSetCookie()
      .map((line) => line.split(";")[0])
      .join("; ");
    return admin;
  }

  async post(name, body, headers = {}) {
    const answer = await fetch(new URL(`console/api/${name}`, this.coffer.url), {
      method: "POST",
      redirect: "manual",
      headers: {
        origin: new URL(this.coffer.url).origin,
        accept: "application/json",
        ...(this.cookie ? { cookie: this.cookie } : {}),
        ...headers,
      },
      body,
    });
    if (answer.status >= 400) throw new Error(`${name}: ${answer.status} ${await answer.text()}`);
    return answer;
  }

  /** Calls a function that takes a form. */
  async form(name, fields) {
    return (await this.post(name, new URLSearchParams(fields))).json();
  }

  /** Calls a function that takes JSON. */
  async json(name, body) {
    return (await this.post(name, JSON.stringify(body), { "content-type": "application/json" })).json();
  }

  /** A connection to a stand-in provider; returns its id. */
  async connection(issuer, client, changes = {}) {
    const { id } = await this.json("create_connection", {
      strategy: "oidc",
      form: {
        name: "notes",
        display_name: "Notes",
        client_id: client.id,
        client_secret: client.secret,
        scopes: ["openid", "profile", "email", "offline_access", "notes.read"],
        purpose: "both",
        vault_enabled: true,
        options: options({ discovery_url: issuer }),
        ...changes,
      },
    });
    return id;
  }

  /** An application of this kind, changed as said and enabled for the connections; `{id, secret}`. */
  async application(app_type, changes = {}, connections = []) {
    const created = await this.json("create_application", { application: { name: "Agent", app_type } });
    const id = created.client_id;
    const { form, keys, version } = await this.form("application", { client_id: id });
    const { keys: newKeys = keys, ...settings } = changes;
    await this.json("update_application", { client_id: id, form: { ...form, ...settings }, keys: newKeys, version });
    for (const connection_id of connections) {
      await this.form("set_enablement", { connection_id, client_id: id, enabled: "true" });
    }
    return { id, secret: created.client_secret ?? undefined };
  }

  /** Lets programs register themselves: anybody, on their own machine, with these connections. */
  async openRegistration(connections) {
    const { settings, version } = await this.form("registration", {});
    const open = { ...settings, mode: "open", connections, loopback: true };
    await this.json("set_registration", { settings: open, version });
  }
}

/** Settings of a connection, with these changes. */
function options(changes) {
  return {
    discovery_url: null,
    tenant: null,
    authorization_url: null,
    token_url: null,
    refresh_url: null,
    user_info_url: null,
    scope_separator: "space",
    client_authentication: "basic",
    revocation_url: null,
    without_pkce: false,
    profile: {},
    upstream_params: {},
    upstream_headers: {},
    domain_aliases: [],
    ...changes,
  };
}
