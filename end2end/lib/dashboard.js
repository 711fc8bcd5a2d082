// What an administrator does in the dashboard, by the names that stand on the page.

export const ADMIN = { email: "admin@coffer.example", password: "correct horse battery staple" };

export class Dashboard {
  constructor(page, url) {
    this.page = page;
    this.url = url;
  }

  open(path) {
    return this.page.goto(new URL(path, this.url).href);
  }

  /** A control by its label. */
  field(label) {
    const name = label.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    return this.page.getByLabel(new RegExp(`^\\s*${name}( \\(optional\\))?$`));
  }

  button(name) {
    return this.page.getByRole("button", { name, exact: true });
  }

  link(name) {
    return this.page.getByRole("link", { name, exact: true });
  }

  heading(name) {
    return this.page.getByRole("heading", { name, exact: true, level: 1 });
  }

  /** Waits for the short message that says so. */
  toast(text) {
    return this.page.locator(".toast", { hasText: text }).first().waitFor();
  }

  /** The first administrator, through the link that the server printed. */
  async setUp(link) {
    await this.page.goto(link);
    await this.field("E-mail address").fill(ADMIN.email);
    await this.field("Password").fill(ADMIN.password);
    await this.button("Create administrator").click();
    await this.heading("Overview").waitFor();
  }

  async signIn() {
    await this.open("console/sign-in");
    await this.field("E-mail address").fill(ADMIN.email);
    await this.field("Password").fill(ADMIN.password);
    await this.button("Sign in").click();
    await this.heading("Overview").waitFor();
  }

  /** Creates an application and returns `{id, secret}`; a public one has no secret. */
  async createApplication(name, { type = "Regular web", callbacks = [], vault = true, connectAccounts = false } = {}) {
    await this.open("console/applications/new");
    await this.field("Name").fill(name);
    await this.page.getByRole("radio", { name: type }).check();
    await this.button("Create application").click();
    await this.heading(name).waitFor();
    const page = new URL(this.page.url());
    const id = page.pathname.split("/").pop();
    let secret;
    if (page.searchParams.get("tab") === "credentials") {
      secret = await this.field("Client Secret").inputValue();
      await this.link("Settings").click();
    }
    await this.field("Allowed callback URLs").fill(callbacks.join("\n"));
    const grant = this.page.getByRole("checkbox", { name: /^Token vault/ });
    if (vault !== (await grant.isChecked())) await grant.click();
    if (connectAccounts) await this.field("My Account API").check();
    await this.button("Save changes").click();
    await this.toast("Changes saved.");
    return { id, secret };
  }

  /** Creates a connection; `fields` are texts by label. Returns the path of its page. */
  async createConnection(group, strategy, fields, vault = true) {
    await this.open(`console/connections/${group}/new/${strategy}`);
    for (const [label, value] of Object.entries(fields)) await this.field(label).fill(value);
    await this.field("Enable Token Vault").setChecked(vault);
    await this.button("Create connection").click();
    await this.page.waitForURL(/\/console\/connections\/con_/);
    return new URL(this.page.url()).pathname;
  }

  /** Switches a connection on or off for an application, on the application's Connections tab. */
  async enable(client, connection, on = true) {
    await this.open(`console/applications/${client.id}?tab=connections`);
    await this.page.getByRole("switch", { name: `Enable ${connection} for` }).setChecked(on);
    await this.toast(`is ${on ? "enabled" : "disabled"} for`);
  }

  /** Begins to try the connection at this path; returns the window that opens, where nobody is signed in yet. */
  async beginTry(path) {
    await this.page.context().clearCookies({ domain: "127.0.0.1" });
    await this.open(`${path.slice(1)}?tab=try`);
    const opened = this.page.context().waitForEvent("page");
    await this.button("Try connection").click();
    return opened;
  }
}
