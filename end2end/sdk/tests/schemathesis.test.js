// PyPI schemathesis: requests made from the management API's own description, good and bad ones. Nothing may fail
// inside, and every answer must be what the description says.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { after, before, describe, it } from "node:test";
import { PYTHON } from "../lib/python.js";
import { World } from "../lib/world.js";

/** Requests for each operation and kind of input. */
const EXAMPLES = process.env.SCHEMATHESIS_EXAMPLES ?? "12";

describe("schemathesis, over the OpenAPI document", { timeout: 900_000 }, () => {
  let world, token;
  before(async () => {
    world = await World.start({
      COFFER_MANAGEMENT__REQUESTS_PER_SECOND: "100000",
      COFFER_MANAGEMENT__BURST: "100000",
      COFFER_LOG__FILTER: "warn",
    });
    const { id, secret } = await world.manager();
    const answer = await fetch(`${world.issuer}oauth/token`, {
      method: "POST",
      body: new URLSearchParams({
        grant_type: "client_credentials",
        client_id: id,
        client_secret: secret,
        audience: `${world.issuer}api/v2/`,
      }),
    });
    token = (await answer.json()).access_token;
    assert.ok(token);
  });
  after(() => world?.stop());

  it("finds nothing that the description does not say", async () => {
    const child = spawn(
      PYTHON,
      [
        ...["-m", "schemathesis.cli", "run", `${world.issuer}api/v2/openapi.json`],
        ...["--header", `Authorization: Bearer ${token}`, "--checks", "all", "--seed", "1", "--no-color"],
        ...["--max-examples", EXAMPLES],
        // Not all that is refused can be said in a schema: addresses that are not public, ids of nothing, searches.
        // And an empty member of a query counts as left out, whatever its type.
        ...["--exclude-checks", "positive_data_acceptance,negative_data_rejection", "--generation-database", "none"],
      ],
      { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" } },
    );
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (said += text));
    const code = await new Promise((resolve, reject) => child.on("close", resolve).on("error", reject));
    if (process.env.SCHEMATHESIS_REPORT) console.log(said);
    assert.equal(code, 0, said);
    assert.match(said, /[1-9]\d* generated/, said);
  });
});
