// A person with a browser that keeps cookies and runs no script: hosted pages work without.

const INPUT = /<input[^>]*>/g;
const attribute = (tag, name) => unescape(tag.match(new RegExp(`\\b${name}="([^"]*)"`))?.[1] ?? "");

function unescape(text) {
  return text
    .replaceAll("&quot;", '"')
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
}

export class Person {
  constructor(coffer, account = "ada") {
    this.coffer = coffer;
    this.account = account;
    /** What the person answers on the consent page and at the provider. */
    this.decision = "allow";
    /** The button that they press on the sign-in page. */
    this.connection = "notes";
    this.cookies = new Map();
  }

  async send(url, fields) {
    const own = url.origin === new URL(this.coffer.url).origin;
    const headers = own
      ? { origin: url.origin, cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ") }
      : {};
    const answer = await fetch(url, {
      method: fields ? "POST" : "GET",
      redirect: "manual",
      headers,
      body: fields && new URLSearchParams(fields),
    });
    for (const line of own ? answer.headers.getSetCookie() : []) {
      const [, name, value] = line.match(/^([^=]+)=([^;]*)/);
      this.cookies.set(name, value);
    }
    return answer;
  }

  /**
   * Opens an address and does what the pages ask, until the browser is sent to `end` (a prefix) or a page comes
   * that asks for nothing. Returns `{url, page, form}`: where the browser is, and what it was to post there.
   */
  async open(address, end) {
    let url = new URL(address);
    let fields;
    for (let steps = 0; steps < 20; steps += 1) {
      if (end && url.href.startsWith(end)) return { url, form: fields };
      if (url.origin !== new URL(this.coffer.url).origin) {
        // The stand-in provider's page: sign in and decide.
        fields = { account: this.account, decision: this.decision };
      }
      const answer = await this.send(url, fields);
      fields = undefined;
      const location = answer.headers.get("location");
      if (location) {
        url = new URL(location, url);
        continue;
      }
      const page = await answer.text();
      const next = this.answer(url, page);
      if (!next) return { url, page, status: answer.status };
      [url, fields] = next;
    }
    throw new Error(`no end of it: ${url}`);
  }

  /** What the person does on a page: where the form goes, and with which fields. */
  answer(url, page) {
    const action = page.match(/<form[^>]*\baction="([^"]*)"/);
    if (!action) return null;
    const fields = {};
    for (const tag of page.match(INPUT) ?? []) {
      if (attribute(tag, "type") === "hidden") fields[attribute(tag, "name")] = attribute(tag, "value");
    }
    const to = new URL(unescape(action[1]), url);
    if (to.pathname === "/u/consent" || to.pathname === "/u/connect") fields.decision = this.decision;
    else if (to.pathname === "/u/sign-in") fields.connection = this.connection;
    else if (to.pathname === "/activate" && !fields.user_code) return null;
    return [to, fields];
  }
}
