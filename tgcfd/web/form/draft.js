// The configuration as the person edits it: one for all pages, so that nothing is lost on the way between them.
import { Problem, call, get } from "../core/api.js";
import { on } from "../core/events.js";
import { t } from "../core/language.js";
import { notify, withdraw } from "../core/notices.js";
import { guard } from "../core/router.js";
import { onSomebodyElse, user } from "../core/session.js";
import { Store, useStore } from "../core/store.js";
import { merge, same, valueAt, withValue } from "./pointer.js";
import { faultsOf, placed, read, written } from "./stored.js";

const PAUSE = 500; // ms without typing before the server is asked what it thinks

/** What notices about the changes are about: the next one takes the place of the one before, "Saved." that of "Not saved". */
export const SAVING = "saving";

const NOTHING = {
  schema: null,
  base: null, // as stored
  mine: null, // as edited
  etag: null, // of what is stored
  errors: {}, // what is wrong, by pointer
  both: [], // where somebody else has stored another value than mine
  right: null, // as edited when the server last had nothing to say against it
  checking: false,
  saving: false, // while this page changes what is stored, its own change is no news
};

export const draft = new Store(NOTHING);

let timer;
let asked = 0; // which check is the newest
let told = null; // the newest change that was told while this page saved

/** Fetch the configuration, unless it is here. Throws a Problem. */
export async function load() {
  if (draft.value.base) return;
  const [schema, stored] = await Promise.all([get("/api/config/schema"), call("GET", "/api/config", { read })]);
  const description = typeof schema === "string" ? JSON.parse(schema) : schema;
  draft.change({ schema: description, base: stored.data, mine: stored.data, etag: stored.etag });
}

export const isChanged = ({ base, mine } = draft.value) => base !== mine && !same(base, mine);

/** Whether the server has nothing to say against what stands here now. */
export const isRight = ({ base, mine, right }) => mine === base || mine === right;

/** The value at a pointer, and how to set it: for a control. */
export function useSetting(pointer) {
  const { mine, errors } = useStore(draft);
  return { value: valueAt(mine, pointer), set: (value) => edit(pointer, value), error: errors[pointer] };
}

/** Set a value; the server is asked what it thinks of it once nobody types any more. */
export function edit(pointer, value) {
  const { mine, errors } = draft.value;
  const others = Object.entries(errors).filter(([at]) => at !== pointer && !at.startsWith(`${pointer}/`));
  draft.change({ mine: withValue(mine, pointer, value), errors: Object.fromEntries(others) });
  checkSoon();
}

/** Go back to what is stored; what was said of the changes has no object any more. */
export function discard() {
  withdraw(SAVING);
  clearTimeout(timer);
  asked += 1;
  draft.change({ mine: draft.value.base, errors: {}, both: [], checking: false });
}

function checkSoon() {
  clearTimeout(timer);
  asked += 1;
  if (!isChanged()) {
    draft.change({ errors: {}, right: draft.value.mine, checking: false });
    return;
  }
  if (!user.value) return; // it goes on when they have logged in again
  draft.change({ checking: true });
  timer = setTimeout(check, PAUSE);
}

async function check() {
  const mine = draft.value.mine;
  const turn = asked;
  let errors = {};
  let { right } = draft.value;
  try {
    await send(mine, { query: { check: true } });
    right = mine;
  } catch (problem) {
    errors = byPointer(problem.errors); // without an answer nothing is known to be wrong; saving will tell
  }
  errors = { ...errors, ...byPointer(faultsOf(mine)) };
  if (turn === asked) draft.change({ errors, right, checking: false });
}

async function send(config, options) {
  try {
    return await call("POST", "/api/config", { body: written(config), type: "application/json", read, ...options });
  } catch (problem) {
    problem.errors = placed(problem.errors ?? [], config);
    throw problem;
  }
}

const byPointer = (errors = []) => Object.fromEntries(errors.map((one) => [one.pointer, one.detail]));

/** Store what was edited. Throws a Problem; what is wrong stands in `errors` then, and nothing that was typed is lost. */
export async function save() {
  clearTimeout(timer);
  asked += 1;
  draft.change({ saving: true, checking: false });
  try {
    await store();
  } catch (problem) {
    draft.change({ errors: byPointer(problem.errors) });
    throw problem;
  } finally {
    saved();
  }
}

async function store() {
  for (;;) {
    const { mine, etag } = draft.value;
    const errors = faultsOf(mine);
    if (errors.length) throw new Problem({ code: "invalid_config", detail: errors[0].detail, errors });
    try {
      const stored = await send(mine, { etag });
      const later = draft.value.mine; // the person may have typed on meanwhile
      const now = later === mine ? stored.data : merge(mine, later, stored.data).value;
      return draft.change({ base: stored.data, mine: now, etag: stored.etag, errors: {}, both: [] });
    } catch (problem) {
      if (problem.code !== "config_changed") throw problem;
      await takeOver();
      if (draft.value.both.length) throw problem; // the person decides
    }
  }
}

/** Around a change of what is stored in another way, such as an import: what is edited follows it. Says its answer. */
export async function follow(change) {
  draft.change({ saving: true });
  try {
    const answer = await change;
    await takeOver();
    return answer;
  } finally {
    saved();
  }
}

/** Nothing of this page is on its way any more: what was told meanwhile may be another's. */
function saved() {
  draft.change({ saving: false });
  const frame = told;
  told = null;
  if (frame) hear(frame);
}

/** Fetch what is stored now and bring it together with what is being edited. Says whether it was another. */
async function takeOver() {
  if (!draft.value.base) return false;
  const stored = await call("GET", "/api/config", { read });
  const { base, mine, etag } = draft.value;
  if (stored.etag === etag) return false;
  const { value, both } = merge(base, mine, stored.data);
  const open = draft.value.both.filter((pointer) => !same(valueAt(value, pointer), valueAt(stored.data, pointer)));
  draft.change({ base: stored.data, mine: value, etag: stored.etag, both: [...new Set([...open, ...both])] });
  if (isChanged()) checkSoon();
  return true;
}

/** Show a change that was told, if it is another's. */
async function hear(frame) {
  if (frame.etag === draft.value.etag) return;
  try {
    if (!(await takeOver()) || frame.way === "tgcf") return;
    notify(t("The configuration was changed elsewhere; this page shows it as it is now."));
  } catch {
    // the next save takes it over
  }
}

/** Settle where both have changed the same thing: `theirs` takes what is stored, otherwise mine stays. */
export function settle(pointer, theirs) {
  const { base, both } = draft.value;
  draft.change({ both: both.filter((one) => one !== pointer) });
  if (theirs) edit(pointer, valueAt(base, pointer));
}

user.subscribe(checkSoon);
on("config", (frame) => {
  if (draft.value.saving) told = frame;
  else hear(frame);
});
on("reset", () => takeOver().catch(() => {})); // as above
onSomebodyElse(() => {
  clearTimeout(timer);
  asked += 1;
  draft.set(NOTHING);
});
guard(() => isChanged());
