// Answers by message: a single-page application asks silently in a frame, and signs in in a window.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, describe, it } from "node:test";
import * as openid from "openid-client";
import { launch, visit } from "../lib/browser.js";
import { Coffer } from "../lib/coffer.js";
import { Dashboard } from "../lib/dashboard.js";
import { look } from "../lib/look.js";
import { CLIENT, Providers, atStandIn } from "../lib/providers.js";

/** What a single-page library does: wait for the message of the issuer's window. */
const PAGE = `<!doctype html><title>App</title><h1>App</h1><button>Sign in</button><script>
  function answer(issuer) {
    return new Promise((resolve) => addEventListener("message", function heard(event) {
      if (event.origin !== issuer || event.data?.type !== "authorization_response") return;
      removeEventListener("message", heard);
      resolve({ response: event.data.response, same: event.source === (globalThis.other ?? frames[0]) });
    }));
  }
  function silent(url) {
    const frame = document.createElement("iframe");
    const heard = answer(new URL(url).origin);
    frame.hidden = true;
    frame.src = url;
    document.body.append(frame);
    return heard.finally(() => frame.remove());
  }
  document.querySelector("button").onclick = () => {
    globalThis.other = open(globalThis.address, "sign-in", "width=400,height=600");
    globalThis.heard = answer(new URL(globalThis.address).origin);
  };
</script>`;

describe("answers by message", { timeout: 180_000 }, () => {
  let coffer, providers, browser, client, page, context, problems, server, near, far;

  before(async () => {
    coffer = await Coffer.start();
    providers = await Providers.start();
    browser = await launch();
    server = createServer((_, response) => response.writeHead(200, { "content-type": "text/html" }).end(PAGE));
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    // Coffer is at localhost: one of these is of the same site, the other is not.
    near = `http://localhost:${server.address().port}`;
    far = `http://127.0.0.1:${server.address().port}`;
    const dashboard = new Dashboard((await visit(browser)).page, coffer.url);
    await dashboard.setUp(coffer.setupLink);
    await dashboard.createConnection("enterprise", "oidc", {
      Name: "work",
      "Display name": "Work",
      "Client ID": CLIENT.id,
      "Client Secret": CLIENT.secret,
      "Discovery URL": providers.issuer,
    });
    client = await dashboard.createApplication("Browser app", { type: "Single-page", vault: false });
    await dashboard.open(`console/applications/${client.id}?tab=settings`);
    await dashboard.field("Allowed web origins").fill(`${near}\n${far}`);
    await dashboard.button("Save changes").click();
    await dashboard.toast("Changes saved.");
    await dashboard.enable(client, "Work");
    ({ page, context, problems } = await visit(browser, { bypassCSP: false }));
  });
  after(async () => {
    await browser?.close();
    server?.close();
    await providers?.stop();
    await coffer?.stop();
  });

  async function request(origin, further = {}) {
    const verifier = openid.randomPKCECodeVerifier();
    const url = new URL("authorize", coffer.url);
    const parameters = {
      client_id: client.id,
      redirect_uri: origin,
      response_type: "code",
      response_mode: "web_message",
      scope: "openid profile",
      state: openid.randomState(),
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
      ...further,
    };
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return { url: url.href, verifier, state: parameters.state };
  }

  const silently = async (origin) => {
    const asked = await request(origin, { prompt: "none" });
    const heard = await page.evaluate((url) => globalThis.silent(url), asked.url);
    assert.equal(heard.response.state, asked.state);
    assert.equal(heard.response.iss, coffer.url);
    return heard.response;
  };

  it("say in a frame that nobody is signed in", async () => {
    await page.goto(near);
    assert.equal((await silently(near)).error, "login_required");
  });

  it("come from the window in which the person signs in", async () => {
    const asked = await request(near);
    await page.evaluate((url) => (globalThis.address = url), asked.url);
    const opened = context.waitForEvent("page");
    await page.getByRole("button", { name: "Sign in" }).click();
    const popup = await opened;
    await popup.getByRole("button", { name: "Continue with Work" }).click();
    await atStandIn(popup, "ada");
    await popup.getByRole("button", { name: "Allow" }).click();
    const { response, same } = await page.evaluate(() => globalThis.heard);
    assert.ok(same, "the window is still its opener's");
    assert.equal(response.state, asked.state);
    await popup.getByRole("heading", { name: "You are signed in" }).waitFor();
    assert.equal(new URL(popup.url()).search, "", "the code stands in no address");
    const tokens = await page.evaluate(
      async ([url, body]) => (await fetch(url, { method: "POST", body: new URLSearchParams(body) })).json(),
      [
        new URL("oauth/token", coffer.url).href,
        {
          grant_type: "authorization_code",
          client_id: client.id,
          code: response.code,
          redirect_uri: near,
          code_verifier: asked.verifier,
        },
      ],
    );
    assert.equal(tokens.token_type, "Bearer", JSON.stringify(tokens));
    await popup.close();
  });

  it("come silently in a frame of the same site", async () => {
    await page.goto(near);
    assert.ok((await silently(near)).code);
    assert.deepEqual(problems, [], "the policy lets the one script run and the frame be");
  });

  it("find nobody in a frame of another site, as in a browser that blocks its cookies", async () => {
    await page.goto(far);
    assert.equal((await silently(far)).error, "login_required");
  });

  it("do not reach a page of another origin", async () => {
    await page.goto(far);
    const asked = await request(near, { prompt: "none" });
    const heard = page.evaluate(
      (url) => Promise.race([globalThis.silent(url), new Promise((late) => setTimeout(() => late("nothing"), 1500))]),
      asked.url,
    );
    assert.equal(await heard, "nothing");
  });

  it("have a page that people can read", async () => {
    const plain = await visit(browser, { bypassCSP: true });
    await plain.page.goto((await request(near, { prompt: "none" })).url);
    await look(plain.page, "web-message-failed");
    await plain.context.close();
  });
});
