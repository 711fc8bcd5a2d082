// npm oidc-provider in a process of its own, with the memory adapter that it brings: started by refresh.js, which
// asks for refresh tokens and gets them without a browser.

import { generateKeyPairSync, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import Provider from "oidc-provider";

const client = { id: "load", secret: randomBytes(24).toString("hex") };
const keys = generateKeyPairSync("rsa", { modulusLength: 2048 });

let handler;
const server = createServer((request, response) => handler(request, response));
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;
const provider = new Provider(issuer, {
  clients: [
    {
      client_id: client.id,
      client_secret: client.secret,
      token_endpoint_auth_method: "client_secret_post",
      redirect_uris: ["https://app.example/callback"],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
    },
  ],
  jwks: { keys: [{ ...keys.privateKey.export({ format: "jwk" }), use: "sig", alg: "RS256" }] },
  cookies: { keys: ["load"] },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  rotateRefreshToken: true,
  ttl: { AccessToken: 3600, Grant: 86_400, IdToken: 600, RefreshToken: 86_400 },
});
provider.on("server_error", (_, error) => console.error("oidc-provider:", error));
handler = provider.callback();

/** What the provider keeps once a user has consented and the code was exchanged. */
async function token(scope) {
  const accountId = randomBytes(8).toString("hex");
  const grant = new provider.Grant({ accountId, clientId: client.id });
  grant.addOIDCScope(scope);
  const grantId = await grant.save();
  const refresh = new provider.RefreshToken({
    accountId,
    client: await provider.Client.find(client.id),
    grantId,
    scope,
    gty: "authorization_code",
    authTime: Math.floor(Date.now() / 1000),
  });
  return refresh.save();
}

process.on("message", async ({ scope, count }) => {
  const tokens = [];
  for (let number = 0; number < count; number += 1) tokens.push(await token(scope));
  process.send(tokens);
});
process.on("disconnect", () => process.exit());
process.send({ url: `${issuer}/token`, client });
