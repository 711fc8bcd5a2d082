// What must not stand in clear anywhere: the database and the log.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ADMIN } from "../lib/dashboard.js";
import { Coffer } from "../lib/coffer.js";
import { count, leaks, note } from "../lib/secrets.js";
import { World } from "../lib/story.js";
import { CLIENT } from "../lib/upstream.js";

describe("secrets at rest", { timeout: 120_000 }, () => {
  let world, client;
  before(async () => {
    world = await World.start();
    await world.connectOidc("work");
    client = await world.application("Agent", "work");
    world.upstream.tokenLife = 2;
    const { context, page } = await world.signIn("ada", { query: "?connection=work" });
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    await page.goto(`${world.agent.url}work`);
    world.cookies = [...(await context.cookies()), ...(await world.dashboard.page.context().cookies())];
  });
  after(() => world?.stop());

  /** Everything secret of the run, by what it is. */
  function secrets() {
    const setupToken = new URL(world.coffer.setupLink).searchParams.get("token");
    const own = world.agent.tokens;
    const found = [
      ["administrator's password", ADMIN.password],
      ["set-up token", setupToken],
      ["provider's client secret", CLIENT.secret],
      ["application's client secret", client.secret],
      ["own access token", own.access_token],
      ["own refresh token", own.refresh_token],
      ["own ID token", own.id_token],
      ...[...world.upstream.issued].map((token) => ["provider's token", token]),
      ...world.cookies
        .filter((cookie) => cookie.name.startsWith("coffer"))
        .map((cookie) => ["session", cookie.value]),
    ];
    for (const [what, value] of found) assert.ok(value?.length > 15, `no ${what} in this run`);
    assert.ok(world.upstream.issued.size >= 5, "the provider handed out tokens, and refreshed them");
    assert.ok(world.cookies.some((cookie) => cookie.name === "coffer_console"));
    assert.ok(world.cookies.some((cookie) => cookie.name === "coffer_session"));
    return found;
  }

  /** The forms in which a value may hide. */
  function forms(value) {
    const bytes = Buffer.from(value);
    return [bytes, Buffer.from(bytes.toString("base64")), Buffer.from(bytes.toString("hex"))];
  }

  it("are not in the database", async () => {
    const list = secrets();
    const all = await world.coffer.database.kept();
    assert.ok(all.includes("Account at work"), "it is the database of this run");
    for (const [what, value] of list) {
      for (const form of forms(value)) assert.ok(!all.includes(form), `the ${what} stands in the database`);
    }
  });

  it("are not in the log", () => {
    const printed = world.coffer.output.replace(world.coffer.setupLink, "");
    assert.ok(printed.includes("Coffer is at"));
    for (const [what, value] of secrets()) {
      assert.ok(!printed.includes(value), `the ${what} stands in the log`);
    }
  });

  it("are not in what the browser loads", async () => {
    const { page } = world.dashboard;
    for (const path of ["applications", `applications/${client.id}?tab=credentials`, "connections/enterprise", "logs"]) {
      const answer = await page.request.get(new URL(`console/${path}`, world.coffer.url).href);
      assert.equal(answer.status(), 200);
      const text = await answer.text();
      for (const [what, value] of secrets()) assert.ok(!text.includes(value), `${path}: the ${what}`);
    }
  });
});

// Every suite ends with a search of all that its server printed: lib/coffer.js. Here, that it finds something.
describe("the search of all output", { timeout: 60_000 }, () => {
  it("finds what was fetched, sent and noted, however it is written", async () => {
    const coffer = await Coffer.start();
    const before = count();
    await coffer.token({ grant_type: "refresh_token", client_id: "x", client_secret: "the-secret-of-nobody+1" });
    await fetch(new URL("userinfo", coffer.url), { headers: { authorization: "Bearer cfa_a-token-of-nobody" } });
    await fetch(new URL("login/callback?code=A-code-of-nobody-0&state=a-state-of-nobody", coffer.url));
    note("password", "a password of nobody");
    assert.ok(count() >= before + 5, `${count()} secrets`);
    for (const [text, what] of [
      ["said the-secret-of-nobody+1 aloud", "client_secret"],
      ["said the-secret-of-nobody%2B1 aloud", "client_secret"],
      [`said ${Buffer.from("cfa_a-token-of-nobody").toString("base64")}`, "authorization"],
      [`said ${Buffer.from("cfa_a-token-of-nobody").toString("hex")}`, "authorization"],
      ["GET /login/callback?code=A-code-of-nobody-0", "code"],
      ["a password of nobody", "password"],
    ]) {
      const found = await leaks(`fine\n${text}\nfine`);
      assert.equal(found.length, 1, text);
      assert.ok(found[0].startsWith(what), found[0]);
    }
    assert.deepEqual(await leaks("nothing"), []);
    assert.ok(coffer.output.includes("answered"), "the log has every request");
    coffer.output += "\ncfa_a-token-of-nobody\n";
    await assert.rejects(coffer.stop(), /secrets stand in the server's output/);
  });
});
