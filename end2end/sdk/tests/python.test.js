// PyPI authlib and auth0-python. Each program is a suite of its own, in the folder python.

import { after, before, describe, it } from "node:test";
import { python } from "../lib/python.js";
import { GRANTS, World } from "../lib/world.js";

const CALLBACK = "https://app.example/callback";

describe("Python", { timeout: 180_000 }, () => {
  let world, settings;
  before(async () => {
    world = await World.start();
    const client = await world.application("regular_web", { callbacks: [CALLBACK], grants: GRANTS });
    const manager = await world.manager();
    settings = {
      ISSUER: world.issuer,
      DOMAIN: world.domain,
      CLIENT_ID: client.id,
      CLIENT_SECRET: client.secret,
      CALLBACK,
      MANAGER_ID: manager.id,
      MANAGER_SECRET: manager.secret,
      PROVIDER: world.providers.issuer,
      NOTES: `${world.providers.base}/sandbox/api/notes`,
    };
  });
  after(() => world?.stop());

  for (const program of ["authlib_code.py", "auth0_authentication.py", "auth0_management.py"]) {
    it(program, () => python(program, settings, () => world.person()));
  }
});
