// Webhooks from the dashboard to a receiver that verifies with npm standardwebhooks, unmodified.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Webhook } from "standardwebhooks";
import { Receiver } from "../lib/receiver.js";
import { World } from "../lib/story.js";

describe("webhooks", { timeout: 300_000 }, () => {
  let world, dashboard, page, receiver, secret, address;
  before(async () => {
    world = await World.start();
    receiver = await Receiver.start();
    ({ dashboard } = world);
    ({ page } = dashboard);
  });
  after(async () => {
    await world?.stop();
    await receiver?.stop();
  });

  const verified = ({ body, headers }, key = secret) => new Webhook(key).verify(body, headers);
  const fact = (term) => page.locator("dl > div", { hasText: term });

  it("are created with errors beside the fields, and show their secret once", async () => {
    await dashboard.open("console/webhooks");
    await page.getByText("No webhooks yet").waitFor();
    await dashboard.link("Create webhook").click();
    await dashboard.heading("Create webhook").waitFor();
    await dashboard.field("URL").fill("http://app.example/hooks");
    await dashboard.button("Create webhook").click();
    await page.getByText("Use an address that begins with https://.").waitFor();
    await page.getByText("Choose at least one event.").waitFor();
    await dashboard.field("URL").fill(receiver.url);
    await dashboard.field("Description").fill("The test");
    for (const check of await page.getByRole("checkbox").all()) await check.check();
    await dashboard.button("Create webhook").click();
    await dashboard.toast("The webhook is created.");
    await dashboard.heading("The test").waitFor();
    secret = await dashboard.field("Signing secret").inputValue();
    assert.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
    address = new URL(page.url()).pathname.slice(1);
    await page.reload();
    await page.getByText("The secret was made on").waitFor();
    assert.ok(!(await page.content()).includes(secret));
  });

  it("take a test event, whose signature holds", async () => {
    await dashboard.open(address);
    await page.getByText("No deliveries yet").waitFor();
    await dashboard.button("Send test event").click();
    await dashboard.toast("A test event is on its way.");
    await dashboard.heading("Test event").waitFor();
    await fact("State").getByText("Delivered").waitFor();
    await page.getByRole("table").getByText("Status 204").waitFor();
    const delivery = await receiver.next("webhook.test");
    const event = verified(delivery);
    assert.equal(event.data.actor.id, "admin@coffer.example");
    assert.match(await fact("webhook-id").textContent(), new RegExp(delivery.headers["webhook-id"]));
    assert.throws(() => verified({ ...delivery, body: delivery.body.replace("admin", "other") }));
  });

  it("are told what happens, and no token", async () => {
    await world.connectOidc("work");
    assert.equal(verified(await receiver.next("connection.created")).data.connection, "work");
    const client = await world.application("Agent", "work");
    assert.equal(verified(await receiver.next("connection.enabled")).data.client_id, client.id);
    const { context } = await world.signIn("ada", { query: "?connection=work" });
    await context.close();
    const connected = verified(await receiver.next("account.connected"));
    assert.match(connected.data.account_id, /^cac_/);
    assert.match(connected.data.user_id, /\|ada$/);
    await world.agent.work();
    const released = verified(await receiver.next("token.released"));
    assert.deepEqual(
      [released.data.account_id, released.data.client_id, released.data.actor],
      [connected.data.account_id, client.id, { type: "application", id: client.id }],
    );
    assert.ok(Math.abs(new Date(released.timestamp) - Date.now()) < 60_000);
    const all = receiver.received.map(({ body }) => body).join("\n");
    assert.ok(world.upstream.issued.size > 0);
    for (const token of world.upstream.issued) assert.ok(!all.includes(token), "a token was told");
  });

  it("find their deliveries by state and event", async () => {
    await dashboard.open(address);
    await dashboard.field("Event").selectOption("account.connected");
    await dashboard.field("State").selectOption("delivered");
    await dashboard.button("Filter").click();
    await page.waitForURL(/state=delivered&event=account\.connected/);
    const rows = page.getByRole("table").locator("tbody tr");
    await page.getByRole("link", { name: "Test event" }).waitFor({ state: "detached" });
    await rows.first().waitFor();
    assert.equal(await rows.count(), 1);
    await dashboard.field("State").selectOption("given_up");
    await dashboard.button("Filter").click();
    await page.getByText("No delivery matches these filters.").waitFor();
    await dashboard.link("Clear filters").click();
    await page.getByRole("link", { name: "Test event" }).waitFor();
    assert.ok((await rows.count()) >= 5);
  });

  it("keep what was refused, and send it again", async () => {
    receiver.status = 500;
    const seen = receiver.received.length;
    await dashboard.open(address);
    await dashboard.button("Send test event").click();
    await page.getByRole("table").getByText("Status 500").waitFor();
    await page.getByRole("table").getByText("out of order").waitFor();
    await fact("State").getByText("Pending").waitFor();
    const refused = await receiver.next("webhook.test", seen);
    receiver.status = 204;
    const before = receiver.received.length;
    await dashboard.button("Send again").click();
    await dashboard.toast("The delivery is sent again.");
    await fact("State").getByText("Delivered").waitFor();
    const again = await receiver.next("webhook.test", before);
    assert.equal(again.headers["webhook-id"], refused.headers["webhook-id"]);
    assert.equal(again.body, refused.body);
    verified(again);
  });

  it("sign with the old and the new secret for a day after it was replaced", async () => {
    await dashboard.open(`${address}?tab=secret`);
    await dashboard.button("Rotate secret").click();
    await page.getByRole("dialog").getByRole("button", { name: "Rotate" }).click();
    await dashboard.toast("The signing secret is replaced.");
    const fresh = await dashboard.field("Signing secret").inputValue();
    assert.notEqual(fresh, secret);
    const seen = receiver.received.length;
    await dashboard.button("Send test event").click();
    const delivery = await receiver.next("webhook.test", seen);
    verified(delivery, fresh);
    verified(delivery, secret);
    const all = await world.coffer.database.kept();
    for (const kept of [secret, fresh]) {
      const bytes = Buffer.from(kept.slice("whsec_".length), "base64");
      for (const text of [kept, bytes]) assert.ok(!all.includes(text), "a secret lies open");
      assert.ok(!world.coffer.output.includes(kept));
    }
    secret = fresh;
  });

  it("are told what they subscribe to alone, and nothing when they are off", async () => {
    await dashboard.open(`${address}?tab=settings`);
    for (const check of await page.getByRole("checkbox").all()) await check.uncheck();
    await page.getByRole("checkbox", { name: /^Account connected/ }).check();
    await dashboard.button("Save changes").click();
    await dashboard.toast("Changes saved.");
    const seen = receiver.received.length;
    await world.agent.work();
    const { context } = await world.signIn("grace", { query: "?connection=work" });
    await context.close();
    await receiver.next("account.connected", seen);
    const types = receiver.received.slice(seen).map(({ body }) => JSON.parse(body).type);
    assert.deepEqual(types, ["account.connected"]);

    await dashboard.field("Enabled").uncheck();
    await dashboard.button("Save changes").click();
    await page.getByText("This webhook is off.").waitFor();
    await dashboard.button("Send test event").click();
    await dashboard.toast("The webhook is off. Switch it on first");
    await dashboard.open("console/webhooks");
    const row = page.getByRole("row", { name: /The test/ });
    assert.match(await row.textContent(), /Account connected.*Off/);
  });

  it("are switched off when their receiver is gone, and on again", async () => {
    receiver.status = 410;
    await dashboard.open(`${address}?tab=settings`);
    await dashboard.field("Enabled").check();
    await dashboard.button("Save changes").click();
    await dashboard.toast("Changes saved.");
    await dashboard.button("Send test event").click();
    await fact("State").getByText("Given up").waitFor();
    await dashboard.open(address);
    await page.getByText("Coffer switched this webhook off.").waitFor();
    await page.getByText("status 410").first().waitFor();
    receiver.status = 204;
    await dashboard.link("Settings").click();
    await dashboard.field("Enabled").check();
    await dashboard.button("Save changes").click();
    await page.getByText("Coffer switched this webhook off.").waitFor({ state: "detached" });
    await dashboard.button("Send test event").click();
    await fact("State").getByText("Delivered").waitFor();
  });

  it("are deleted after a question, and all of it is in the logs", async () => {
    await dashboard.open(`${address}?tab=settings`);
    await dashboard.button("Delete webhook").click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await dashboard.toast("The webhook is deleted.");
    await page.getByText("No webhooks yet").waitFor();
    await dashboard.open("console/logs?code=webhook");
    const table = page.getByRole("table");
    const titles = [
      "Webhook created",
      "Webhook changed",
      "Webhook's signing secret replaced",
      "Webhook switched off after failures",
      "Test event sent to a webhook",
      "Delivery to a webhook sent again",
      "Webhook deleted",
    ];
    for (const title of titles) await table.getByText(title, { exact: true }).first().waitFor();
  });

  it("left the browser's console clean", () => {
    // The refusals above are shown by the browser as failed requests.
    const others = world.problems.filter((text) => !/status of (409|422)/.test(text));
    assert.deepEqual(others, []);
  });
});
