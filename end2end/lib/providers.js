// The stand-ins of `end2end/providers`: servers that behave as the providers' documentation says.

import { spawn } from "node:child_process";

const BINARY =
  process.env.PROVIDERS_BIN ?? new URL("../../target/debug/coffer-providers", import.meta.url).pathname;

/** What every stand-in takes as client secret, unless it is changed. */
export const CLIENT = { id: "coffer-at-the-provider", secret: "provider-secret" };

export class Providers {
  static async start() {
    const providers = new Providers();
    providers.child = spawn(BINARY, [], { stdio: ["ignore", "pipe", "inherit"] });
    providers.gone = new Promise((resolve) => providers.child.on("exit", resolve));
    providers.base = await new Promise((resolve, reject) => {
      let text = "";
      providers.child.stdout.setEncoding("utf8").on("data", (more) => {
        text += more;
        const found = text.match(/http:\/\/127\.0\.0\.1:\d+/);
        if (found) resolve(found[0]);
      });
      providers.gone.then(() => reject(new Error("the providers did not start")));
    });
    /** The issuer of the well-behaved OpenID provider. */
    providers.issuer = `${providers.base}/sandbox`;
    return providers;
  }

  async command(body) {
    const answer = await fetch(`${this.base}/_control`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
    return answer.json();
  }

  /** Changes how a provider behaves. */
  set(settings, host = "sandbox") {
    return this.command({ command: "set", host, settings });
  }

  /** A provider as it was at the start. */
  reset(host = "sandbox") {
    return this.command({ command: "reset", host });
  }

  /** The grants at a provider. */
  async grants(host = "sandbox") {
    const state = await (await fetch(`${this.base}/_control`)).json();
    return state.hosts[host].grants;
  }

  async stop() {
    this.child.kill();
    await this.gone;
  }
}

/** The provider's page: the person signs in and decides. */
export async function atStandIn(page, account, decision = "Allow") {
  await page.getByRole("button", { name: decision, exact: true }).waitFor();
  const field = page.locator("input[name=account]");
  if (await field.count()) await field.fill(account);
  await page.getByRole("button", { name: decision, exact: true }).click();
}
