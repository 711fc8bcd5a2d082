// Applications that register themselves, and those that prove themselves with a key: in the dashboard.

import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import { after, before, describe, it } from "node:test";
import { World, atProvider } from "../lib/story.js";

const METADATA = {
  redirect_uris: ["http://localhost:3334/oauth/callback"],
  token_endpoint_auth_method: "none",
  grant_types: ["authorization_code", "refresh_token"],
  client_name: "MCP CLI",
};

describe("registration of applications", { timeout: 300_000 }, () => {
  let world, dashboard, page, publisher;
  before(async () => {
    world = await World.start();
    ({ dashboard } = world);
    ({ page } = dashboard);
    await world.connectOidc();
  });
  after(async () => {
    publisher?.close();
    await world?.stop();
  });

  const register = (token) =>
    fetch(`${world.coffer.url}oidc/register`, {
      method: "POST",
      headers: { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify(METADATA),
    });
  const open = async () => {
    await dashboard.open("console/registration");
    await dashboard.heading("Registration").waitFor();
  };
  const save = async () => {
    await dashboard.button("Save changes").click();
    await dashboard.toast("Changes saved.");
  };

  it("is off, says what is wrong beside the field, and keeps what was saved", async () => {
    assert.equal((await register()).status, 403);
    await open();
    await page.getByRole("radio", { name: /^Open to everybody/ }).check();
    await dashboard.field("Skip the consent page").check();
    await dashboard.field("Registrations of one address in an hour").fill("many");
    await dashboard.button("Save changes").click();
    await page.getByText("so users have to be asked").waitFor();
    await page.getByText("Enter a number from 1 to").waitFor();
    await dashboard.field("Skip the consent page").uncheck();
    await dashboard.field("Registrations of one address in an hour").fill("50");
    await page.getByRole("checkbox", { name: "Account at work" }).check();
    await save();
    await page.reload();
    assert.equal(await page.getByRole("radio", { name: /^Open to everybody/ }).isChecked(), true);
    assert.equal(await page.getByRole("checkbox", { name: "Account at work" }).isChecked(), true);
    assert.equal(
      await dashboard.field("Registration endpoint").inputValue(),
      `${world.coffer.url}oidc/register`,
    );
  });

  it("marks an application that registered itself", async () => {
    const answer = await register();
    assert.equal(answer.status, 201);
    const { client_id: id } = await answer.json();
    await dashboard.open("console/applications");
    const row = page.getByRole("row", { name: /MCP CLI/ });
    assert.match(await row.textContent(), /Registered itself/);
    await row.getByRole("link", { name: "MCP CLI" }).click();
    await dashboard.heading("MCP CLI").waitFor();
    await page.getByText("This application registered itself from 127.0.0.1").waitFor();
    await dashboard.open(`console/applications/${id}?tab=connections`);
    assert.equal(await page.getByRole("switch", { name: /Account at work/ }).isChecked(), true);
  });

  it("takes an initial access token, which is shown once and can be ended", async () => {
    await open();
    await page.getByRole("radio", { name: /^With an initial access token/ }).check();
    await save();
    await dashboard.field("For").fill("CI");
    await dashboard.button("Create token").click();
    const token = await dashboard.field("Initial access token").inputValue();
    assert.match(token, /^cfi_/);
    assert.equal((await register()).status, 401);
    assert.equal((await register(token)).status, 201);
    await page.reload();
    assert.equal(await dashboard.field("Initial access token").count(), 0);
    const row = page.getByRole("row", { name: /^CI/ });
    assert.match(await row.textContent(), /1/);
    await row.getByRole("button", { name: "End" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "End" }).click();
    await dashboard.toast("The token is ended.");
    assert.equal((await register(token)).status, 401);
  });

  it("knows an application by its document, and says on the consent page whose word that is", async () => {
    await open();
    await dashboard.field("Client ID metadata documents").check();
    await save();
    const document = { ...METADATA, client_name: "Example client", redirect_uris: ["http://127.0.0.1/callback"] };
    publisher = createServer((_, response) => {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(document));
    });
    await new Promise((resolve) => publisher.listen(0, "127.0.0.1", resolve));
    document.client_id = `http://127.0.0.1:${publisher.address().port}/client.json`;
    const { context, page: person } = await world.browser
      .newContext()
      .then(async (context) => ({ context, page: await context.newPage() }));
    const query = new URLSearchParams({
      client_id: document.client_id,
      redirect_uri: "http://127.0.0.1:9/callback",
      response_type: "code",
      scope: "openid",
      connection: "work",
      code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
      code_challenge_method: "S256",
    });
    await person.goto(`${world.coffer.url}authorize?${query}`);
    await atProvider(person, "ada");
    await person.getByRole("heading", { name: "Allow Example client?" }).waitFor();
    await person.getByText("127.0.0.1 vouches for this application").waitFor();
    await person.getByText("a program on this device gets access").waitFor();
    await context.close();
    await dashboard.open("console/applications");
    await page.getByRole("link", { name: "Example client" }).click();
    await dashboard.heading("Example client").waitFor();
    await page.getByText(`Known by the document at ${document.client_id}.`).waitFor();
    await page.reload();
    await dashboard.heading("Example client").waitFor();
  });

  it("takes a pasted public key, and then has no secret to replace", async () => {
    const { id } = await dashboard.createApplication("Signer");
    const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    await dashboard.open(`console/applications/${id}`);
    assert.equal(await dashboard.field("Public keys").isVisible(), false);
    await dashboard.field("Token endpoint authentication").selectOption("private_key_jwt");
    await dashboard.button("Save changes").click();
    await page.getByText("Paste the application's public keys, or enter where they are").waitFor();
    await dashboard.field("Public keys").fill(privateKey.export({ type: "pkcs8", format: "pem" }));
    await dashboard.button("Save changes").click();
    await page.getByText("This is a private key.").waitFor();
    await dashboard.field("Public keys").fill(publicKey.export({ type: "spki", format: "pem" }));
    await save();
    const kept = JSON.parse(await dashboard.field("Public keys").inputValue());
    assert.equal(kept.keys[0].x, publicKey.export({ format: "jwk" }).x);
    await dashboard.open(`console/applications/${id}?tab=credentials`);
    await page.getByText("This application proves itself with a key of its own").waitFor();
    assert.equal(await dashboard.button("Rotate secret").count(), 0);
  });
});
