// Colours and styles that programs write by ANSI escape sequences; every other sequence is left out.

// SGR; other CSI … final byte; OSC, DCS, PM, APC … BEL or ST; two or three characters. Bounded, so that none takes long.
const SEQUENCE =
  /\x1b(?:\[(?:([\d;:]{0,64})m|[0-?]{0,64}[ -/]{0,8}[@-~])|[\]PX^_][^\x07\x1b]{0,4096}(?:\x07|\x1b\\)|[()*+#%][ -~]|[@-OQ-WYZ\\=>78])/g;
// What no terminal shows; tabs and line ends stay.
const UNSEEN = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;
const MOST = 500; // styled parts of one line

const STYLES = { 1: "bold", 2: "faint", 3: "italic", 4: "underline", 7: "inverse", 9: "struck", 21: "underline" };
const ENDS = { 22: ["bold", "faint"], 23: ["italic"], 24: ["underline"], 27: ["inverse"], 29: ["struck"] };

/** Cut a text into `{text, classes}`, as many as `most`; `classes` is "" for plain text. */
export function parts(message, most = MOST) {
  if (!message.includes("\x1b")) return message ? [{ text: shown(message), classes: "" }] : [];
  const found = [];
  const now = new Map(); // by what they change: at most one colour, for example
  let classes = "";
  let at = 0;
  for (const match of message.matchAll(SEQUENCE)) {
    add(found, message.slice(at, match.index), classes);
    at = match.index + match[0].length;
    if (match[1] === undefined || found.length >= most) continue;
    apply(match[1], now);
    classes = [...now.values()].join(" ");
  }
  add(found, message.slice(at), classes);
  return found;
}

/** The words alone. */
export const plain = (message) => shown(message.includes("\x1b") ? message.replace(SEQUENCE, "") : message);

const shown = (text) => text.replace(UNSEEN, "�");

function add(found, text, classes) {
  if (!text) return;
  if (found.at(-1)?.classes === classes) found.at(-1).text += shown(text);
  else found.push({ text: shown(text), classes });
}

function apply(words, now) {
  const codes = words.split(";");
  for (let at = 0; at < codes.length; at += 1) {
    const [code, ...rest] = codes[at].split(":").map(Number);
    if (code === 0) now.clear();
    else if (code === 38 || code === 48) at += chosen(now, code, rest, codes.slice(at + 1, at + 5).map(Number));
    else if (ENDS[code] || (code === 4 && rest[0] === 0)) (ENDS[code] ?? ENDS[24]).forEach((name) => now.delete(name));
    else if (STYLES[code]) now.set(STYLES[code], STYLES[code]);
    else colour(code, now);
  }
}

function colour(code, now) {
  const isText = (code >= 30 && code <= 39) || (code >= 90 && code <= 97);
  const isBack = (code >= 40 && code <= 49) || (code >= 100 && code <= 107);
  if (isText || isBack) set(now, isText ? "fg" : "bg", code % 10 === 9 ? null : code % 10);
}

/**
 * 5;n and 2;r;g;b: the nearest of the eight colours, `rest` by colons or `next` by semicolons. Says how many of `next`
 * it took.
 */
function chosen(now, code, rest, next) {
  const kind = code === 38 ? "fg" : "bg";
  const [way, ...values] = rest.length ? rest : next;
  if (way === 5) set(now, kind, ofIndex(values[0] ?? 0));
  else if (way === 2) set(now, kind, nearest(...values.slice(rest.length > 4 ? 1 : 0))); // 38:2:<space>:r:g:b
  if (rest.length) return 0;
  return { 5: 2, 2: 4 }[way] ?? 0;
}

function ofIndex(index) {
  if (index < 16) return index % 8;
  if (index > 231) return index > 243 ? 7 : 0;
  return nearest(...[36, 6, 1].map((step) => (Math.floor((index - 16) / step) % 6) * 51));
}

/** The hue of a colour; gray ones have none. */
function nearest(red = 0, green = 0, blue = 0) {
  const most = Math.max(red, green, blue);
  if (most - Math.min(red, green, blue) < most / 4) return most > 127 ? 7 : 0;
  return [red, green, blue].reduce((sum, one, at) => sum + (one > most * 0.6 ? 1 << at : 0), 0);
}

function set(now, kind, index) {
  if (index === null) now.delete(kind);
  else now.set(kind, `${kind}${index}`);
}
