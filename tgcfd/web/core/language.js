// The words of the page. English stands in the code, and is the key of each other language's catalogue.
import { html } from "../lib/preact.js";
import { Store } from "./store.js";

export const LANGUAGES = { en: "English", de: "Deutsch" };
const KEPT = "tgcfd.language";

export const language = new Store("en");
let catalogue = Object.create(null); // without what objects have by themselves: a worker may say "constructor"
let templates = [];
let wantedLast; // a catalogue may come after the choice of another language
const LEAST = 5; // letters without gaps: “{browser} on {system}” would be found in any sentence with “on”

/** Take over a language; a page that is not told one takes the browser's. */
export async function speak(wanted = kept() ?? browsers()) {
  const code = Object.hasOwn(LANGUAGES, wanted) ? wanted : "en";
  wantedLast = code;
  const words = code === "en" ? {} : (await import(`../language/${code}.js`)).default;
  if (code !== wantedLast) return;
  catalogue = Object.assign(Object.create(null), words);
  templates = Object.entries(catalogue).filter(isTemplate).map(asTemplate);
  document.documentElement.lang = code;
  language.set(code);
}

/** As `speak`, and remember it in this browser. */
export async function choose(code) {
  try {
    localStorage.setItem(KEPT, code);
  } catch {
    // a browser that keeps nothing asks again next time
  }
  await speak(code);
}

/** A text in the person's language. `english` is a literal: the catalogues are held against the code. */
export function t(english, values = {}) {
  return fill(catalogue[english] ?? english, values);
}

/** One of two texts, by count: `t.n(3, "1 chat", "{count} chats")`. */
t.n = (count, one, many, values = {}) => t(count === 1 ? one : many, { count: number(count), ...values });

/** A sentence that the server has said, in the person's language where the catalogue has it; else in English. */
export function said(english) {
  if (catalogue[english] || language.value === "en") return catalogue[english] ?? english;
  for (const [pattern, names, translated] of templates) {
    const found = pattern.exec(english);
    if (found) return fill(translated, Object.fromEntries(names.map((name, at) => [name, said(found[at + 1])])));
  }
  return english;
}

/** The same as an element, which tells readers when it stays English. */
export function Said({ text }) {
  const words = said(text ?? "");
  const isEnglish = language.value !== "en" && words === text;
  return html`<span lang=${isEnglish ? "en" : undefined} dir="auto" class="said">${words}</span>`;
}

export const number = (value) => new Intl.NumberFormat(language.value).format(value);

/** Bytes as people read them: MB are 1024 KB here, as the host's own tools count. */
export function bytes(value) {
  const units = ["B", "KB", "MB", "GB"];
  let at = 0;
  while (value >= 1024 && at < units.length - 1) {
    value /= 1024;
    at += 1;
  }
  const digits = value < 10 && at > 0 ? 1 : 0;
  return `${new Intl.NumberFormat(language.value, { maximumFractionDigits: digits }).format(value)} ${units[at]}`;
}

export function dateTime(iso, options = { dateStyle: "medium", timeStyle: "short" }) {
  return new Intl.DateTimeFormat(language.value, options).format(new Date(iso));
}

/** How long, in its two greatest units: `3 h 12 min`. */
export function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [days, hours, minutes] = [Math.floor(whole / 86400), Math.floor(whole / 3600) % 24, Math.floor(whole / 60) % 60];
  if (days) return t("{days} d {hours} h", { days, hours });
  if (hours) return t("{hours} h {minutes} min", { hours, minutes });
  if (minutes) return t("{minutes} min {seconds} s", { minutes, seconds: whole % 60 });
  return t("{seconds} s", { seconds: whole });
}

function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (gap, name) => (name in values ? String(values[name]) : gap));
}

function isTemplate([english]) {
  return english.includes("{") && english.replace(/\{\w+\}|\P{Letter}/gu, "").length >= LEAST;
}

function asTemplate([english, translated]) {
  const names = [...english.matchAll(/\{(\w+)\}/g)].map((found) => found[1]);
  const pattern = english.split(/\{\w+\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("(.+?)");
  return [new RegExp(`^${pattern}$`, "s"), names, translated];
}

function kept() {
  try {
    return localStorage.getItem(KEPT) ?? undefined;
  } catch {
    return undefined;
  }
}

function browsers() {
  return (navigator.languages ?? []).map((tag) => tag.slice(0, 2)).find((code) => Object.hasOwn(LANGUAGES, code)) ?? "en";
}
