// What changes, pushed by the server through one WebSocket; it comes back by itself and resumes where it was.
import { address, closeSocket, protocols, socketAddress } from "./api.js";
import { lose, onSomebodyElse, user } from "./session.js";
import { Store } from "./store.js";

/** "live", "connecting", "away" when it has not been live for a moment, or "crowded": the person follows too much already. */
export const connection = new Store("connecting");

const FIRST_WAIT = 500;
const LONGEST_WAIT = 15000;
const LOOK = 10000; // how often it is looked whether the socket may be dead
const QUIET = 45000; // without a word from the server, after which it is asked whether it is there
const ANSWER = 8000; // how long it may take to say so
const ASLEEP = 120000; // between two looks: the computer slept (a tab that nobody sees looks once a minute)

const listeners = new Map();
let socket = null;
let last; // the id of the last event seen
let wait = FIRST_WAIT;
let timer;
let heard = 0; // when the server was heard last
let looked = Date.now();

/** Be told of events of a type: "state", "config", "usage", "reset"; also "live", each time that the socket is. */
export function on(type, listener) {
  if (!listeners.has(type)) listeners.set(type, new Set());
  listeners.get(type).add(listener);
  return () => listeners.get(type).delete(listener);
}

function tell(type, frame) {
  for (const listener of listeners.get(type) ?? []) listener(frame);
}

function open() {
  clearTimeout(timer);
  if (socket || !user.value) return;
  const url = socketAddress("/ws/events");
  if (last) url.searchParams.set("after", last);
  const opened = new WebSocket(url, protocols());
  let isRefused = true;
  socket = opened;
  opened.onmessage = (message) => {
    isRefused = false;
    if (socket === opened) take(JSON.parse(message.data));
  };
  opened.onclose = async (closed) => {
    if (socket !== opened) return;
    if (closed.code === 4401) lose(); // or the log-in is another one now, and this socket comes back
    const isCrowded = isRefused && (await isTooMany());
    if (socket !== opened) return;
    socket = null;
    again(isCrowded ? "crowded" : "away");
  };
}

/** Browsers do not tell why a socket was refused; who asks for the same without one is told. */
async function isTooMany() {
  const enough = new AbortController();
  try {
    const signal = AbortSignal.any([enough.signal, AbortSignal.timeout(ANSWER)]);
    return (await fetch(address("/api/events"), { cache: "no-store", signal })).status === 429;
  } catch {
    return false;
  } finally {
    enough.abort();
  }
}

function take(frame) {
  heard = Date.now();
  if (frame.id) last = frame.id;
  if (frame.type === "hello") {
    wait = FIRST_WAIT;
    connection.set("live");
    tell("live", frame);
  } else if (frame.type === "session_ended") {
    lose();
  } else {
    tell(frame.type, frame);
  }
}

function again(why) {
  if (!user.value) return;
  connection.set(connection.value === "live" ? "connecting" : why);
  timer = setTimeout(open, wait * (0.5 + Math.random() / 2)); // not all at once after a restart
  wait = Math.min(wait * 2, LONGEST_WAIT);
}

function close() {
  clearTimeout(timer);
  const closed = socket;
  socket = null;
  closeSocket(closed);
  connection.set("connecting");
}

/** Try at once: the network is back, or somebody looks at the page again. */
export function retry() {
  if (connection.value === "live" || !user.value) return;
  wait = FIRST_WAIT;
  close();
  open();
}

/** A socket whose network went without a word looks alive for minutes: nobody but us would notice. */
async function look(isLongAgo = false) {
  const slept = Date.now() - looked > ASLEEP;
  looked = Date.now();
  if (!socket || connection.value !== "live") return slept ? retry() : undefined;
  if (!slept && !isLongAgo && (document.hidden || Date.now() - heard < QUIET)) return undefined;
  const asked = socket;
  const isThere = !slept && (await answers());
  if (isThere) heard = Date.now();
  else if (socket === asked) drop();
  return undefined;
}

async function answers() {
  try {
    return (await fetch(address("/healthz"), { cache: "no-store", signal: AbortSignal.timeout(ANSWER) })).ok;
  } catch {
    return false;
  }
}

/** Give the socket up, and try again. */
function drop() {
  close();
  again("away");
}

setInterval(look, LOOK);
user.subscribe((person) => (person ? open() : close()));
onSomebodyElse(() => {
  last = undefined;
  close(); // it brings what is another person's
});
addEventListener("online", retry);
addEventListener("offline", () => socket && drop());
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  retry();
  look(true);
});
