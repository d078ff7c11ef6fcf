// Who is logged in.
import { call, get, onLoggedOut, post } from "./api.js";
import { Store } from "./store.js";

/** The person, null for nobody, undefined as long as it is not known. */
export const user = new Store(undefined);

/** True where a log-in has ended by itself: what the person had typed is kept for them. */
export const ended = new Store(false);

const listeners = new Set();

/** Be told when somebody else, or nobody, is logged in: what is kept of a person is to be forgotten. */
export const onSomebodyElse = (listener) => listeners.add(listener);

let last = null; // whose data the page holds

/** Ask who is logged in. Throws a Problem where that cannot be known. */
export async function find() {
  const { user: person } = await get("/api/auth/session"); // /api/users/me would call nobody an error
  if (person) take(person);
  else user.set(null);
}

/** Log in; throws a Problem, such as `second_factor_needed`. */
export async function logIn(email, password, code) {
  const form = { username: email, password, ...(code ? { code } : {}) };
  take((await call("POST", "/api/auth/session", { body: form })).data);
}

export const signUp = (fields) => post("/api/auth/register", fields);

/** Log out; what the page holds of the person is gone. */
export async function logOut() {
  try {
    await call("DELETE", "/api/auth/session");
  } catch (problem) {
    if (problem.code !== "unauthorized") throw problem;
  }
  forget();
}

/** Nobody is logged in any more, on purpose. */
export function forget() {
  ended.set(false);
  change(null);
  user.set(null);
}

/** The person as they are now, after a change of their profile. */
export function take(person) {
  change(person.slug);
  ended.set(false);
  user.set(person);
}

/** The log-in has ended by itself. */
export function lose() {
  if (!user.value) return;
  ended.set(true);
  user.set(null);
}

function change(slug) {
  if (last !== null && last !== slug) for (const listener of listeners) listener();
  last = slug;
}

onLoggedOut.call = lose;
