// A certificate authority of this run, made with openssl, and a certificate of it for localhost.

import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The files in `folder`: what to trust, and what the server serves. */
export function files(folder) {
  return {
    trusted: join(folder, "authority.pem"),
    certificate: join(folder, "server.pem"),
    key: join(folder, "server.key"),
  };
}

/** Makes both anew. */
export function makeAuthority(folder) {
  mkdirSync(folder, { recursive: true });
  const { trusted, certificate, key } = files(folder);
  const authorityKey = join(folder, "authority.key");
  const request = join(folder, "server.csr");
  const extensions = join(folder, "server.ext");
  const openssl = (...words) => execFileSync("openssl", words, { stdio: ["ignore", "ignore", "pipe"] });
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  openssl(
    ...["req", "-x509", ...newKey, "-keyout", authorityKey, "-out", trusted, "-days", "2"],
    ...["-subj", "/CN=Acceptance authority", "-addext", "basicConstraints=critical,CA:TRUE"],
    ...["-addext", "keyUsage=critical,keyCertSign"],
  );
  openssl("req", "-new", ...newKey, "-keyout", key, "-out", request, "-subj", "/CN=localhost");
  writeFileSync(
    extensions,
    "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n" +
      "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\nsubjectAltName=DNS:localhost,IP:127.0.0.1\n",
  );
  openssl(
    ...["x509", "-req", "-in", request, "-CA", trusted, "-CAkey", authorityKey, "-CAcreateserial"],
    ...["-out", certificate, "-days", "2", "-extfile", extensions],
  );
  return { trusted, certificate, key };
}
