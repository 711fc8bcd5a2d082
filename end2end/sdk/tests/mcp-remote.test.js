// npm mcp-remote, a stock MCP client, against a small MCP server: it registers itself, signs its user in, and the
// server's tool calls the provider with a token that it got for the caller's.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { after, before, describe, it } from "node:test";
import { AuthClient } from "@auth0/auth0-auth-js";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { Editor } from "../lib/editor.js";
import { World } from "../lib/world.js";

/** An MCP server: a resource server that takes Coffer's tokens (RFC 9728), with one tool. */
class Notes {
  static async start(world) {
    const notes = new Notes();
    notes.world = world;
    notes.server = createServer((request, response) => {
      notes.answer(request, response).catch((error) => response.writeHead(500).end(String(error)));
    });
    await new Promise((resolve) => notes.server.listen(0, "127.0.0.1", resolve));
    notes.base = `http://127.0.0.1:${notes.server.address().port}`;
    /** The API's identifier, and the address of the server. */
    notes.resource = `${notes.base}/mcp`;
    notes.keys = createRemoteJWKSet(new URL(".well-known/jwks.json", world.issuer));
    notes.claims = [];
    return notes;
  }

  async answer(request, response) {
    const path = new URL(request.url, this.base).pathname;
    const metadata = `${this.base}/.well-known/oauth-protected-resource/mcp`;
    if (path === new URL(metadata).pathname) {
      response.writeHead(200, { "content-type": "application/json" });
      const servers = [this.world.issuer];
      const document = { resource: this.resource, authorization_servers: servers, scopes_supported: ["notes"] };
      return response.end(JSON.stringify(document));
    }
    if (path !== "/mcp") return response.writeHead(404).end();
    const token = request.headers.authorization?.replace(/^Bearer /, "");
    const expected = { issuer: this.world.issuer, audience: this.resource, typ: "at+jwt", algorithms: ["RS256"] };
    const checked = token && (await jwtVerify(token, this.keys, expected).catch(() => null));
    if (!checked) {
      response.writeHead(401, { "www-authenticate": `Bearer resource_metadata="${metadata}"` });
      return response.end();
    }
    this.claims.push(checked.payload);
    const server = new McpServer({ name: "notes", version: "1.0.0" });
    server.registerTool("read_notes", { description: "The user's notes at the provider." }, async () => {
      const { accessToken } = await this.vault.getTokenForConnection({ connection: "notes", accessToken: token });
      return { content: [{ type: "text", text: `the provider answered ${await this.world.notes(accessToken)}` }] };
    });
    const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
    await server.connect(transport);
    await transport.handleRequest(request, response);
  }

  stop() {
    this.server.closeAllConnections();
    this.server.close();
  }
}

describe("mcp-remote", { timeout: 150_000 }, () => {
  let world, notes, client;
  before(async () => {
    world = await World.start();
    notes = await Notes.start(world);
    const secret = randomBytes(24).toString("hex");
    await world.coffer.apply(
      `
[[api]]
identifier = "${notes.resource}"
name = "Notes over MCP"
scopes = [{ value = "notes", description = "Read your notes" }]
offline_access = true

[[application]]
client_id = "mcp-server"
client_secret = { env = "MCP_SECRET" }
name = "MCP server"
type = "regular_web"
grants = ["token_vault"]
resource_server = "${notes.resource}"
connections = [{ name = "notes" }]
`,
      { MCP_SECRET: secret },
    );
    notes.vault = new AuthClient({ domain: world.domain, clientId: "mcp-server", clientSecret: secret });
  });
  after(async () => {
    await client?.stop();
    notes?.stop();
    await world?.stop();
  });

  it("is not let in where nobody may register", async () => {
    const closed = await Editor.start(notes.resource, world.person());
    closed.child.stdin.write(`{"jsonrpc":"2.0","id":1,"method":"ping"}\n`);
    await closed.gone;
    assert.match(closed.said, /registration/i);
    assert.equal(closed.address, undefined);
    await closed.stop();
  });

  it("registers itself and signs its user in", async () => {
    await world.admin.openRegistration([world.connection]);
    client = await Editor.start(notes.resource, world.person());
    const { serverInfo } = await client.initialize();
    assert.equal(serverInfo.name, "notes");
    assert.equal(client.address.searchParams.get("resource"), notes.resource);
    assert.equal(client.back.searchParams.get("iss"), world.issuer);
    const [claims] = notes.claims;
    assert.equal(claims.client_id, client.address.searchParams.get("client_id"));
    assert.equal(claims.scope.split(" ").includes("notes"), true, claims.scope);
    assert.match(claims.sub, /^oidc\|notes\|/);
  });

  it("calls a tool, which calls the provider for the caller", async () => {
    const { result } = await client.call("tools/list");
    assert.deepEqual(result.tools.map((tool) => tool.name), ["read_notes"]);
    const called = await client.call("tools/call", { name: "read_notes", arguments: {} });
    assert.deepEqual(called.result.content, [{ type: "text", text: "the provider answered 200" }]);
  });
});
