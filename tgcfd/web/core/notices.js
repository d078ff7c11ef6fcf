// Short messages about what was just done, or did not work; screen readers say them.
import { Stopped } from "./api.js";
import { said, t } from "./language.js";
import { onSomebodyElse } from "./session.js";
import { Store } from "./store.js";

const MOST = 4;
const SECONDS = 6;

export const notices = new Store([]);

/** Dialogs that are open, the topmost one last: notices are shown in that one, for what is below it cannot be used. */
export const dialogs = new Store([]);

let count = 0;

/**
 * Say something; what went wrong stays until it is closed, or one goes to another page. `action`: `{label, do}`. `about`: what is said about the same
 * thing later takes its place.
 */
export function notify(text, { kind = "good", action, about } = {}) {
  const notice = { id: (count += 1), text, kind, action, about };
  const isNews = (one) => one.text !== text && (!about || one.about !== about); // said twice, it is shown once
  const others = notices.value.filter(isNews);
  notices.set([...others.slice(1 - MOST), notice]);
  if (kind === "good" && !action) setTimeout(() => dismiss(notice.id), SECONDS * 1000);
}

export function dismiss(id) {
  notices.set(notices.value.filter((notice) => notice.id !== id));
}

/** Take back what was said about something. */
export function withdraw(about) {
  notices.set(notices.value.filter((notice) => notice.about !== about));
}

/** Say what a Problem says. */
export function notifyOf(problem) {
  if (problem instanceof Stopped) return; // who asked is not here any more
  notify(wordsOf(problem), { kind: "bad" });
}

/** What went wrong, in words; anything but a Problem is a mistake of the page. */
export function wordsOf(problem) {
  if (!problem.code) {
    console.error(problem);
    return t("The page made a mistake. Reload it; if it happens again, tell the host's owner.");
  }
  if (problem.code === "unauthorized") return t("You are not logged in any more. Log in again.");
  if (problem.code === "invalid_body" && problem.errors.length) return problem.errors.map((one) => said(one.detail)).join(" ");
  if (problem.retryAfter && problem.status === 429 && !/ in (\d+|a) /.test(problem.detail)) {
    return t("{detail} Try again in {seconds} s.", { detail: said(problem.detail), seconds: problem.retryAfter });
  }
  return said(problem.detail);
}

onSomebodyElse(() => notices.set([])); // "Undo" would undo it in what is theirs
