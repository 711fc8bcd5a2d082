// Metrics for the operator: what is counted, and that nobody's data is in it.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Coffer, freePort } from "../lib/coffer.js";

describe("metrics", { timeout: 60_000 }, () => {
  let coffer, port;
  before(async () => {
    port = await freePort();
    coffer = await Coffer.start({ COFFER_METRICS__LISTEN: `127.0.0.1:${port}` });
  });
  after(() => coffer?.stop());

  const scrape = async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  /** The value of the first series whose line begins so. */
  const value = (text, series) => {
    const line = text.split("\n").find((line) => line.startsWith(series));
    return line === undefined ? undefined : Number(line.split(" ").pop());
  };

  it("count and time requests by endpoint, never by what is in the address", async () => {
    await fetch(new URL(".well-known/openid-configuration", coffer.url));
    await fetch(new URL("api/v2/clients/someones-id", coffer.url));
    await fetch(new URL("wp-login.php?token=abc", coffer.url));
    const text = await scrape();
    const series = (method, path, status) =>
      value(text, `coffer_http_requests_total{method="${method}",path="${path}",status="${status}"}`);
    assert.equal(series("GET", "/.well-known/openid-configuration", 200), 1);
    assert.equal(series("GET", "/api/v2/clients/{id}", 401), 1);
    assert.equal(series("GET", "none", 404), 1);
    assert.ok(!text.includes("someones-id") && !text.includes("wp-login") && !text.includes("abc"));
    assert.equal(value(text, 'coffer_http_request_duration_seconds_count{method="GET",path="/api/v2/clients/{id}"}'), 1);
  });

  it("count the events of the log", async () => {
    const { status } = await coffer.token({ grant_type: "client_credentials", client_id: "nobody", client_secret: "x" });
    assert.equal(status, 401);
    await coffer.apply("version = 1\n[[applications]]\nname = \"Report\"\n").catch(() => {});
    const text = await scrape();
    assert.match(text, /coffer_events_total\{event="[a-z._]+"\} \d/);
  });

  it("tell of the process and of the build", async () => {
    const text = await scrape();
    assert.ok(value(text, "process_resident_memory_bytes") > 1e6);
    assert.equal(value(text, 'coffer_build_info{version="'), 1);
    assert.equal(value(text, 'coffer_keys_usable{what="keys"}'), 1);
  });

  it("are not among the users' addresses", async () => {
    assert.equal((await fetch(new URL("metrics", coffer.url))).status, 404);
  });
});
