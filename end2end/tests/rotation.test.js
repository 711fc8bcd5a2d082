// Keys rotate on two servers over one database while people sign in, refresh and exchange: nothing fails.

import assert from "node:assert/strict";
import { createPublicKey, verify } from "node:crypto";
import { readFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { note } from "../lib/secrets.js";
import { Nodes } from "../lib/nodes.js";
import { CLIENT, Providers } from "../lib/providers.js";
import { Person } from "../sdk/lib/person.js";

const SECRET = "an-application's-secret-of-this-test";
const CALLBACK = "https://app.example/callback";
/** Seconds that the key set may be kept. */
const KEPT = 2;

const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** Tries until it is so. */
async function until(what, attempt, seconds = 90) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const found = await attempt();
    if (found) return found;
    if (Date.now() > end) throw new Error(`not within ${seconds} seconds: ${what}`);
    await pause(1);
  }
}

/** The key set as a client keeps it: for as long as it is told, and asked for no sooner. */
class KeySet {
  constructor(url) {
    this.url = new URL(".well-known/jwks.json", url);
    this.until = 0;
  }

  async find(kid) {
    if (Date.now() >= this.until) {
      const answer = await fetch(this.url);
      const seconds = Number(answer.headers.get("cache-control").match(/max-age=(\d+)/)[1]);
      assert.equal(seconds, KEPT);
      this.keys = (await answer.json()).keys;
      this.until = Date.now() + seconds * 1000;
    }
    return this.keys.find((key) => key.kid === kid);
  }
}

describe("rotating keys while serving", { timeout: 420_000 }, () => {
  let nodes, providers, first, second, keySet, running, people;
  /** What went wrong, what was done, and which keys signed. */
  const failures = [];
  const done = { signIns: 0, refreshes: 0, exchanges: 0 };
  const signers = new Set();

  before(async () => {
    note("client secret", SECRET);
    providers = await Providers.start();
    // Tokens end at once: each exchange is a refresh, which seals new ones.
    await providers.set({ access_seconds: 1, rotation: "rolling" });
    nodes = await Nodes.start(2, {
      COFFER_KEYS__JWKS_CACHE_SECONDS: String(KEPT),
      COFFER_OUTBOUND__TIMEOUT_SECONDS: "30",
      COFFER_LOG__FILTER: "info",
    });
    [first, second] = nodes.all;
    keySet = new KeySet(nodes.url);
    await first.apply(
      `[[connection]]
name = "notes"
strategy = "oidc"
client_id = "${CLIENT.id}"
client_secret = { env = "PROVIDER_SECRET" }
purpose = "both"
vault_enabled = true
options = { discovery_url = "${providers.issuer}" }
[[application]]
client_id = "app"
client_secret = { env = "APP_SECRET" }
name = "App"
type = "regular_web"
callbacks = ["${CALLBACK}"]
grants = ["authorization_code", "refresh_token", "token_vault"]
auth_method = "client_secret_post"
first_party = true
connections = [{ name = "notes" }]
`,
      { PROVIDER_SECRET: CLIENT.secret, APP_SECRET: SECRET },
    );
    running = true;
    people = ["ada", "grace", "edsger"].map(live);
  });
  after(async () => {
    running = false;
    await Promise.all(people ?? []);
    await providers?.stop();
    await nodes?.stop();
  });

  const token = async (fields) => {
    const body = new URLSearchParams({ client_id: "app", client_secret: SECRET, ...fields });
    const answer = await fetch(new URL("oauth/token", nodes.url), { method: "POST", body });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${fields.grant_type.split(":").pop()}: ${answer.status} ${text}`);
    return JSON.parse(text);
  };

  /** An ID token is good for whoever has the key set, be it a little old. */
  const check = async (idToken) => {
    const [head, claims, signature] = idToken.split(".");
    const { kid, alg } = JSON.parse(Buffer.from(head, "base64url"));
    assert.equal(alg, "RS256");
    const key = await keySet.find(kid);
    if (!key) throw new Error(`an ID token is signed with ${kid}, which is not in the key set`);
    const signed = Buffer.from(`${head}.${claims}`);
    const good = verify("sha256", signed, createPublicKey({ key, format: "jwk" }), Buffer.from(signature, "base64url"));
    if (!good) throw new Error(`the signature of ${kid} is wrong`);
    signers.add(kid);
  };

  const signIn = async (account) => {
    const url = new URL("authorize", nodes.url);
    const verifier = "a-code-verifier-that-has-at-least-forty-three-characters";
    for (const [name, value] of Object.entries({
      response_type: "code",
      client_id: "app",
      redirect_uri: CALLBACK,
      scope: "openid profile offline_access",
      connection: "notes",
    })) {
      url.searchParams.set(name, value);
    }
    const hash = await crypto.subtle.digest("SHA-256", Buffer.from(verifier));
    url.searchParams.set("code_challenge", Buffer.from(hash).toString("base64url"));
    url.searchParams.set("code_challenge_method", "S256");
    const person = new Person({ url: nodes.url }, account);
    const { url: end, status, page } = await person.open(url, CALLBACK);
    const code = end.searchParams.get("code");
    if (!code) throw new Error(`${account} was not signed in: ${status} ${end} ${page?.match(/<h1.*<\/h1>/)?.[0]}`);
    return token({ grant_type: "authorization_code", code, redirect_uri: CALLBACK, code_verifier: verifier });
  };

  /** A person signs in again and again, and their application works in between. */
  const live = async (account) => {
    while (running) {
      try {
        let tokens = await signIn(account);
        await check(tokens.id_token);
        done.signIns += 1;
        for (let turn = 0; turn < 5 && running; turn += 1) {
          await token({
            grant_type: "urn:auth0:params:oauth:grant-type:token-exchange:federated-connection-access-token",
            subject_token_type: "urn:ietf:params:oauth:token-type:refresh_token",
            requested_token_type: "http://auth0.com/oauth/token-type/federated-connection-access-token",
            subject_token: tokens.refresh_token,
            connection: "notes",
          });
          done.exchanges += 1;
          tokens = await token({ grant_type: "refresh_token", refresh_token: tokens.refresh_token });
          await check(tokens.id_token);
          done.refreshes += 1;
          await pause(0.2);
        }
      } catch (error) {
        failures.push(`${error.message} ${error.cause?.code ?? error.cause ?? ""}`);
        await pause(1);
      }
    }
  };

  /** Ids of the keys in the file, and what each seals. */
  const listed = async () => {
    const { said } = await first.command("keys", "list");
    const keys = said.matchAll(/^(kek_\w+)( \(active\))?: seals (\d+) values$/gm);
    return [...keys].map(([, id, active, count]) => ({ id, active: active !== undefined, count: Number(count) }));
  };

  it("leaves nothing sealed with an old key, which then can go", async () => {
    await until("people use it", () => done.exchanges > 20);
    for (let round = 1; round <= 3; round += 1) {
      const [old] = await listed();
      const added = await first.command("keys", "add");
      assert.equal(added.code, 0, added.said);
      const id = added.said.match(/kek_\w+/)[0];
      const early = await first.command("keys", "activate", id);
      assert.notEqual(early.code, 0, "the other server cannot have it yet");
      assert.match(early.said, /does not have key/);
      await second.take(first.keys);
      await until("both know the new key", async () => (await first.command("keys", "activate", id)).code === 0);
      // The first one seals with it before the second one has the file in which it is active.
      await pause(2);
      const used = await first.command("keys", "remove", old.id);
      assert.notEqual(used.code, 0, "it is in use");
      await second.take(first.keys);
      await until("the old key is unused", async () => (await first.command("keys", "remove", old.id)).code === 0);
      await second.take(first.keys);
      const [left, ...others] = await listed();
      assert.equal(others.length, 0);
      assert.equal(left.id, id);
      assert.ok(left.count > 5);
      assert.ok(!(await readFile(first.keys, "utf8")).includes(old.id));
    }
    assert.deepEqual(failures, []);
  });

  it("signs with new keys that every client has", async () => {
    for (let round = 1; round <= 2; round += 1) {
      const rotated = await first.command("keys", "rotate-signing", "RS256");
      assert.equal(rotated.code, 0, rotated.said);
      const kid = rotated.said.match(/New signing key (\S+) /)[1];
      const again = await second.command("keys", "rotate-signing", "RS256");
      assert.notEqual(again.code, 0, "one after the other");
      await until("it is published", async () => (await keySet.find(kid)) !== undefined);
      assert.ok(!signers.has(kid), "published before it signs");
      await until("it signs", () => signers.has(kid));
      signers.clear();
      await pause(12);
      assert.deepEqual([...signers], [kid], "both servers sign with it alone");
    }
    assert.deepEqual(failures, []);
    assert.ok(done.signIns > 10 && done.refreshes > 50, JSON.stringify(done));
  });

  it("is written to the log", async () => {
    const said = nodes.all.map((node) => node.output).join("");
    assert.match(said, /values are sealed anew/);
    assert.match(said, /every value is sealed under the active key/);
  });
});
