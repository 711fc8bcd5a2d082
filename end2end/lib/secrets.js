// Every secret that passes through the tests' hands, so that all output of the server can be searched for them:
// whatever is fetched in this process, what browsers send and get, and what `note` is told.

/** Members, parameters and fields that hold a secret. */
const NAMES = new Set([
  ...["access_token", "refresh_token", "id_token", "subject_token", "actor_token", "token", "ticket"],
  ...["client_secret", "client_assertion", "secret", "password", "registration_access_token", "code_verifier"],
  ...["current_password", "new_password", "codes"],
  ...["code", "connect_code", "device_code", "auth_session", "handle", "request_uri", "state", "nonce"],
]);
/** Shorter ones are found by chance. */
const SHORTEST = 15;

const known = new Map();
const pending = new Set();

/** Keeps a secret, and in which place it was. */
export function note(what, value) {
  if (typeof value !== "string" || value.length < SHORTEST) return;
  // Error and event codes are words; codes that are secret are random.
  if (what === "code" && !/[A-Z0-9]/.test(value)) return;
  known.set(value, what);
}

/** Keeps the secrets among these: parsed JSON, parameters or a form. */
function noteAll(value) {
  if (value instanceof URLSearchParams || value instanceof FormData) {
    for (const [name, text] of value) if (NAMES.has(name)) note(name, text);
  } else if (Array.isArray(value)) {
    value.forEach(noteAll);
  } else if (value && typeof value === "object") {
    for (const [name, member] of Object.entries(value)) {
      if (NAMES.has(name)) [member].flat().forEach((one) => note(name, one));
      noteAll(member);
    }
  }
}

/** A body, as JSON or as a form. */
function noteBody(body) {
  if (body instanceof URLSearchParams || body instanceof FormData) return noteAll(body);
  if (typeof body !== "string" || !body) return;
  try {
    noteAll(JSON.parse(body));
  } catch {
    if (!body.startsWith("<")) noteAll(new URLSearchParams(body));
  }
}

function noteAddress(text, base) {
  const url = URL.canParse(text, base) ? new URL(text, base) : null;
  if (url) noteAll(url.searchParams);
}

function noteHeaders(headers) {
  const [, scheme, proof] = headers.get("authorization")?.match(/^(\S+) (.+)$/) ?? [];
  note("authorization", proof);
  if (scheme?.toLowerCase() === "basic") {
    const [, secret = ""] = Buffer.from(proof, "base64").toString().split(":");
    note("client_secret", new URLSearchParams(`secret=${secret}`).get("secret"));
  }
  for (const line of [...(headers.getSetCookie?.() ?? []), ...(headers.get("cookie")?.split("; ") ?? [])]) {
    const [, name, value] = line.match(/^([^=]+)=([^;]*)/) ?? [];
    if (name?.includes("coffer_")) note("session", value);
  }
}

function wait(promise) {
  const done = promise.catch(() => {}).finally(() => pending.delete(done));
  pending.add(done);
}

const original = globalThis.fetch;
globalThis.fetch = async (input, init) => {
  const address = String(input?.url ?? input);
  noteAddress(address);
  noteHeaders(new Headers(init?.headers ?? input?.headers));
  noteBody(init?.body);
  const answer = await original(input, init);
  noteHeaders(answer.headers);
  noteAddress(answer.headers.get("location"), address);
  if (answer.headers.get("content-type")?.includes("json")) wait(answer.clone().text().then(noteBody));
  return answer;
};

/** Keeps the secrets of a browser's requests and answers. */
export function watch(context) {
  context.on("request", (request) => {
    noteAddress(request.url());
    noteBody(request.postData());
    if (request.isNavigationRequest()) {
      wait(request.allHeaders().then((headers) => noteHeaders(new Headers({ cookie: headers.cookie ?? "" }))));
    }
  });
  context.on("response", (response) => {
    const kind = response.headers()["content-type"] ?? "";
    if (kind.includes("json")) wait(response.text().then(noteBody));
  });
}

/** The forms in which a value may stand in a text. */
function forms(value) {
  const bytes = Buffer.from(value);
  return [value, encodeURIComponent(value), bytes.toString("base64").replace(/=+$/, ""), bytes.toString("hex")];
}

/** Which kinds of secrets stand in `text`; each with where it begins, so that the place can be found. */
export async function leaks(text) {
  await Promise.all(pending);
  const found = [];
  for (const [value, what] of known) {
    const at = forms(value).map((form) => text.indexOf(form)).find((place) => place >= 0);
    if (at !== undefined) found.push(`${what}, on the line: ${text.slice(0, at).split("\n").pop()}…`);
  }
  return found;
}

/** How many secrets are known. */
export const count = () => known.size;
