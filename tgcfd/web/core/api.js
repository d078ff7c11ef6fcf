// Requests to tgcfd's public API, by the cookie of this browser's session.
import { t } from "./language.js";

const BASE = new URL("./", location.href.split("#")[0]);
const SECONDS = 30;

/** What went wrong, as RFC 9457 says it; `code` "offline" where there was no answer at all. */
export class Problem extends Error {
  constructor(fields) {
    super(fields.detail);
    Object.assign(this, { errors: [], ...fields });
  }
}

// As whom the page asks: another tab may have logged somebody else in, which the cookie does not tell.
let slug = null;
let wanted = new AbortController();

/** From now on the page asks as this person; null: as nobody in particular. core/session.js says so. */
export const askAs = (theirs) => (slug = theirs);

/** What is on its way is of no use any more: it is somebody else's. */
export function stopAll() {
  wanted.abort(new Stopped());
  wanted = new AbortController();
}

let held = null;

/** What is asked for from now on waits for the end of this: it may be that nobody is logged in then. */
export const holdUntil = (done) => (held = done.catch(() => {})); // who asked for that is told

/** What a WebSocket is opened with: the protocol, and as whom. */
export const protocols = () => ["tgcfd.v1", ...(slug ? [`user.${slug}`] : [])];

/** Close a WebSocket, or none; a browser complains on its console of one that is closed before it was open. */
export function closeSocket(socket) {
  if (socket?.readyState === WebSocket.CONNECTING) socket.onopen = () => socket.close();
  else socket?.close();
}

/** Called when the log-in is no longer good; core/session.js sets it. */
export const onLoggedOut = { call: () => {} };

/** The address of a path such as "/api/status", wherever tgcfd is served. */
export const address = (path) => new URL(path.slice(1), BASE);

/** The address of a WebSocket. */
export function socketAddress(path) {
  const url = address(path);
  url.protocol = url.protocol.replace("http", "ws");
  return url;
}

/**
 * Make a request: says `{data, etag}`, throws a Problem. `body`: an object becomes JSON, text and files go as
 * they are with `type`. `etag`: store only if what is there is still this. `read`: what makes of the answer's text its data.
 */
export async function call(method, path, { body, type, etag, query, signal, read } = {}) {
  const url = address(path);
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== null && value !== "") url.searchParams.set(name, value);
  }
  const isOfAll = path === "/api/auth/session"; // who is logged in is asked for by who does not know
  const headers = etag ? { "If-Match": `"${etag}"` } : {};
  if (slug && !isOfAll) headers["Tgcfd-User"] = slug;
  if (body !== undefined) headers["Content-Type"] = type ?? "application/json";
  const sent = body === undefined || type ? body : JSON.stringify(body);
  const until = withDeadline(isOfAll ? [signal] : [signal, wanted.signal]);
  if (!isOfAll) await held;
  const answer = await ask(url, { method, headers, body: sent, signal: until });
  if (!answer.ok) throw await problemOf(answer, path);
  return { data: await dataOf(answer, read, until), etag: plainTag(answer.headers.get("ETag")) };
}

/** For `read`, of what is to be stored as a file: read as JSON, names that are digits would not keep their places. */
export const asItIs = (text) => text;

export const get = async (path, query) => (await call("GET", path, { query })).data;
export const post = async (path, body, options) => (await call("POST", path, { body, ...options })).data;
export const put = async (path, body, options) => (await call("PUT", path, { body, ...options })).data;
export const patch = async (path, body) => (await call("PATCH", path, { body })).data;
export const remove = async (path) => (await call("DELETE", path)).data;

async function ask(url, options) {
  try {
    return await fetch(url, { credentials: "same-origin", cache: "no-store", ...options });
  } catch (error) {
    throw stoppedOr(offline(error), options.signal);
  }
}

const stoppedOr = (problem, { reason }) => (reason instanceof Stopped ? reason : problem);

/** Thrown where somebody who asked has no use for the answer any more. */
export class Stopped extends Error {}

const withDeadline = (signals) => AbortSignal.any([...signals.filter(Boolean), AbortSignal.timeout(SECONDS * 1000)]);

function offline(cause) {
  return new Problem({
    code: "offline",
    status: 0,
    title: t("No answer"),
    detail: t("tgcfd cannot be reached. Check your connection, then try again."),
    cause,
  });
}

async function problemOf(answer, path) {
  let fields = {};
  try {
    fields = await answer.json();
  } catch {
    // a proxy's page, not ours: the status has to do
  }
  const problem = new Problem({
    code: "unknown",
    title: t("It did not work"),
    detail: t("The server answered with the error {status}. Try again in a moment.", { status: answer.status }),
    ...fields,
    status: answer.status,
    retryAfter: Number(answer.headers.get("Retry-After")) || undefined,
  });
  if (problem.code === "unauthorized" && path !== "/api/auth/session") onLoggedOut.call();
  return problem;
}

async function dataOf(answer, read, signal) {
  if (answer.status === 204) return null;
  const type = answer.headers.get("Content-Type") ?? "";
  try {
    if (read) return read(await answer.text());
    return /\bjson\b|\+json/.test(type) ? await answer.json() : await answer.text();
  } catch (error) {
    throw stoppedOr(offline(error), signal);
  }
}

const plainTag = (tag) => tag?.replace(/^W\//, "").replaceAll('"', "");
