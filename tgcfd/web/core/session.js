// Who is logged in.
import { askAs, call, get, holdUntil, onLoggedOut, post, remove, stopAll } from "./api.js";
import { Store } from "./store.js";

/** The person, null for nobody, undefined as long as it is not known. */
export const user = new Store(undefined);

/** Whose log-in has ended by itself, by e-mail address: what they had typed is kept for them. Else null. */
export const ended = new Store(null);

const listeners = new Set();

/** Be told when somebody else, or nobody, is logged in: what is kept of a person is to be forgotten. */
export const onSomebodyElse = (listener) => listeners.add(listener);

// The cookie is that of all tabs: what one does with it, the others are told.
const tabs = new BroadcastChannel("tgcfd");

let last = null; // whose data the page holds
let underWay = null; // a change that ends this log-in on purpose: until it is done, an end says nothing
let looking = null; // while it is being asked whether the log-in has ended

/** Ask who is logged in. Throws a Problem where that cannot be known. */
export async function find() {
  const person = await ask();
  if (person) take(person);
  else user.set(null);
}

/** Log in; throws a Problem, such as `second_factor_needed`. */
export async function logIn(email, password, code) {
  const form = { username: email, password, ...(code ? { code } : {}) };
  take((await call("POST", "/api/auth/session", { body: form })).data);
  tabs.postMessage(last);
}

export const signUp = (fields) => post("/api/auth/register", fields);

/** Log out. */
export async function logOut() {
  const done = remove("/api/auth/session").catch(unlessItHasEnded);
  stopAll(); // what is on its way would be refused
  holdUntil(done);
  await forgetAfter(done);
}

function unlessItHasEnded(problem) {
  if (problem.code !== "unauthorized") throw problem;
}

/** Around a change after which nobody is logged in: what the page holds of the person is gone. */
export async function forgetAfter(promise) {
  await onPurpose(promise);
  ended.set(null);
  change(null);
  user.set(null);
  tabs.postMessage(null);
}

/** The person as they are now, after a change of their profile. */
export function take(person) {
  change(person.slug);
  ended.set(null);
  user.set(person);
}

/** Around a change that ends all log-ins and gives this browser a new one, such as of the password. */
export async function renew(promise) {
  take(await onPurpose(promise));
  tabs.postMessage(last);
}

function onPurpose(promise) {
  underWay = promise.catch(() => {}); // who asked for it is told
  return promise;
}

/** The log-in seems to have ended by itself: the server says whether it has. */
export function lose() {
  looking ??= look().finally(() => (looking = null));
  return looking;
}

async function look() {
  const { value: person } = user;
  if (!person) return;
  await underWay;
  let now;
  try {
    now = await ask();
  } catch {
    return; // who meets the end of the log-in next asks again
  }
  if (user.value?.slug !== person.slug) return; // logged out meanwhile
  if (now?.slug === person.slug) return;
  if (now) return take(now);
  ended.set(person.email);
  user.set(null);
}

const ask = async () => (await get("/api/auth/session")).user; // /api/users/me would call nobody an error

function change(slug) {
  if (last !== null && last !== slug) {
    stopAll();
    for (const listener of listeners) listener();
  }
  last = slug;
}

user.subscribe((person) => askAs(person?.slug ?? null));
onLoggedOut.call = lose;
tabs.onmessage = ({ data: slug }) => {
  if (user.value === undefined || (user.value?.slug ?? null) === slug) return;
  if (slug === null) lose();
  else find().catch(() => {}); // the next request tells
};
// A browser may bring the page back as it was left (bfcache): nobody has told it meanwhile what other tabs did.
addEventListener("pageshow", async ({ persisted }) => {
  if (!persisted || !user.value) return;
  document.body.hidden = true;
  await lose();
  document.body.hidden = false;
});
