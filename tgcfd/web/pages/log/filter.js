// Which lines are wanted: by level, text and time, as the server itself decides it.
import { plain } from "./ansi.js";

export const LONGEST = 200; // characters of a text that the server looks for
const PRIORITIES = { info: 6, warning: 4, error: 3 };
const HOURS = { hour: 1, day: 24, week: 24 * 7 };

/** A filter of what the address says: `{q, level, since}`, each "" where it does not matter. */
export function fromAddress(query) {
  const level = query.get("level") ?? "";
  const since = query.get("since") ?? "";
  return {
    q: (query.get("q") ?? "").slice(0, LONGEST),
    level: Object.hasOwn(PRIORITIES, level) ? level : "",
    since: Object.hasOwn(HOURS, since) ? since : "",
  };
}

/** The words of it that matter, for the page's address. */
export const toAddress = (filter) => Object.fromEntries(Object.entries(filter).filter(([, value]) => value));

export const isEverything = ({ q, level, since }) => !q && !level && !since;

/** What the server is asked for, as of now. */
export function toQuery({ q, level, since }) {
  const begin = since && new Date(Date.now() - HOURS[since] * 3_600_000).toISOString();
  return toAddress({ q, level, since: begin });
}

/** A function that says of a line whether such a query takes it. */
export function taker({ q = "", level, since }) {
  const worst = PRIORITIES[level] ?? 7;
  const begin = since ? Date.parse(since) : -Infinity;
  const wanted = fold(q);
  return ({ priority, time, message }) =>
    priority <= worst && Date.parse(time) >= begin && (!wanted || fold(plain(message)).includes(wanted));
}

/** Text as it is compared: Python's casefold(), but for some rare letters. */
const fold = (text) => text.toUpperCase().toLowerCase().replaceAll("ς", "σ");

/** Where in a text something is found: `[begin, end]` of each, as many as one cares to see. */
export function found(text, q, most = 50) {
  if (!q) return [];
  const pattern = new RegExp(q.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"), "giu");
  const all = [];
  for (const { index, 0: match } of text.matchAll(pattern)) {
    if (all.push([index, index + match.length]) >= most) break;
  }
  return all;
}
