// npm express-openid-connect: a web application that asks its visitors to sign in, and is told when they left.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, describe, it } from "node:test";
import express from "express";
import openid from "express-openid-connect";
import { Visitor } from "../lib/visitor.js";
import { World } from "../lib/world.js";

/** A store of sessions, as express has them. */
class Sessions extends Map {
  get(id, done) {
    return done ? done(null, super.get(id)) : super.get(id);
  }
  set(id, session, done) {
    super.set(id, session);
    done?.(null);
    return this;
  }
  destroy(id, done) {
    super.delete(id);
    done?.(null);
  }
}

describe("express-openid-connect", { timeout: 120_000 }, () => {
  let world, server, base, app, client;
  before(async () => {
    world = await World.start();
    app = express();
    server = createServer(app);
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    base = `http://127.0.0.1:${server.address().port}`;
    client = await world.application("regular_web", {
      callbacks: [`${base}/callback`],
      backchannel_logout_uri: `${base}/backchannel-logout`,
      logout_urls: [base, `${base}/`],
    });
    app.use(
      openid.auth({
        issuerBaseURL: world.issuer,
        baseURL: base,
        clientID: client.id,
        clientSecret: client.secret,
        secret: "a-secret-of-the-application-that-is-long",
        authRequired: true,
        idpLogout: true,
        session: { store: new Sessions() },
        backchannelLogout: true,
        authorizationParams: {
          response_type: "code",
          scope: "openid profile email offline_access",
          connection: "notes",
        },
      }),
    );
    app.get("/profile", (request, response) => response.json(request.oidc.user));
    app.get("/refresh", async (request, response) => {
      const { access_token } = await request.oidc.accessToken.refresh();
      response.json({ changed: access_token.length > 20, info: await request.oidc.fetchUserInfo() });
    });
  });
  after(async () => {
    server?.closeAllConnections();
    server?.close();
    await world?.stop();
  });

  it("signs its visitors in", async () => {
    const visitor = new Visitor(world.coffer, base);
    const { status, text } = await visitor.visit("/profile");
    assert.equal(status, 200, text);
    const user = JSON.parse(text);
    assert.match(user.email, /^ada@/);
    assert.match(user.sub, /^oidc\|notes\|/);
  });

  it("refreshes and asks who it is", async () => {
    const visitor = new Visitor(world.coffer, base);
    await visitor.visit("/profile");
    const { status, text } = await visitor.visit("/refresh");
    assert.equal(status, 200, text);
    const { changed, info } = JSON.parse(text);
    assert.ok(changed);
    assert.match(info.email, /^ada@/);
  });

  it("signs them out here and at Coffer", async () => {
    const visitor = new Visitor(world.coffer, base);
    await visitor.visit("/profile");
    const out = await visitor.send(new URL("/logout", base));
    const there = new URL(out.headers.get("location"));
    assert.equal(there.href.startsWith(`${world.issuer}oidc/logout`), true, there.href);
    const { url } = await visitor.open(there, base);
    assert.equal(url.origin, base);
    const login = await visitor.send(new URL("/login", base));
    const silent = new URL(login.headers.get("location"));
    silent.searchParams.set("prompt", "none");
    const { url: back } = await visitor.open(silent, `${base}/callback`);
    assert.equal(back.searchParams.get("error"), "login_required");
  });

  it("is told by Coffer that they left", async () => {
    const visitor = new Visitor(world.coffer, base);
    const profile = new URL("/profile", base);
    await visitor.visit("/profile");
    assert.equal((await visitor.send(profile)).status, 200);
    const out = new URL("oidc/logout", world.issuer);
    out.search = new URLSearchParams({ client_id: client.id, post_logout_redirect_uri: `${base}/` });
    await visitor.open(out, base);
    for (let tries = 0; (await visitor.send(profile)).status === 200; tries += 1) {
      assert.ok(tries < 100, "the session goes on");
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  });

  it("shows an error where the person declined", async () => {
    const visitor = new Visitor(world.coffer, base, "grace");
    visitor.decision = "deny";
    const { status } = await visitor.visit("/profile");
    assert.ok(status >= 400, String(status));
  });
});
