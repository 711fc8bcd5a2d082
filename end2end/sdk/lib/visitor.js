// A person whose browser knows an application as well, with its cookies.

import { Person } from "./person.js";

export class Visitor extends Person {
  /** `base` is where the application is. */
  constructor(coffer, base, account) {
    super(coffer, account);
    this.base = base;
    this.kept = new Map();
  }

  async send(url, fields) {
    if (url.origin !== new URL(this.base).origin) return super.send(url, fields);
    const cookie = [...this.kept].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await fetch(url, { redirect: "manual", headers: { cookie } });
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = line.match(/^([^=]+)=([^;]*)/);
      value ? this.kept.set(name, value) : this.kept.delete(name);
    }
    return answer;
  }

  /** Opens a page of the application and goes where that leads. */
  async visit(path) {
    let url = new URL(path, this.base);
    const { origin } = url;
    for (let steps = 0; steps < 10; steps += 1) {
      const answer = await this.send(url);
      const location = answer.headers.get("location");
      if (!location) return { url, status: answer.status, text: await answer.text() };
      url = new URL(location, url);
      if (url.origin !== origin) ({ url } = await this.open(url, origin));
    }
    throw new Error(`no end of it: ${url}`);
  }
}
