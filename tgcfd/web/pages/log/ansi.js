// Colours and styles that programs write by ANSI escape sequences; every other sequence is left out.

// CSI … final byte; OSC … BEL or ST; other two-character escapes. Bounded, so that no text takes long.
const SEQUENCE = /\x1b(?:\[([0-9;:?<=>!]{0,64})([@-~])|\][^\x07\x1b]{0,4096}(?:\x07|\x1b\\)|[@-Z\\-_a-z0-9=>()#%])/g;
// What no terminal shows; tabs and line ends stay.
const UNSEEN = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;
const MOST = 500; // styled parts of one line

const STYLES = { 1: "bold", 2: "faint", 3: "italic", 4: "underline", 9: "struck" };
const ENDS = { 22: ["bold", "faint"], 23: ["italic"], 24: ["underline"], 29: ["struck"] };

/** Cut a text into `{text, classes}`; `classes` is "" for plain text. */
export function parts(message) {
  if (!message.includes("\x1b")) return [{ text: message.replace(UNSEEN, "�"), classes: "" }];
  const found = [];
  const now = new Set();
  let at = 0;
  for (const match of message.matchAll(SEQUENCE)) {
    add(found, message.slice(at, match.index), now);
    at = match.index + match[0].length;
    if (match[2] === "m" && found.length < MOST) apply(match[1], now);
  }
  add(found, message.slice(at), now);
  return found;
}

function add(found, text, now) {
  const shown = text.replace(UNSEEN, "�");
  const classes = [...now].join(" ");
  if (!shown) return;
  if (found.at(-1)?.classes === classes) found.at(-1).text += shown;
  else found.push({ text: shown, classes });
}

function apply(words, now) {
  const numbers = words.split(/[;:]/).map(Number);
  for (let at = 0; at < numbers.length; at += 1) {
    const code = numbers[at];
    if (code === 0) now.clear();
    else if (STYLES[code]) now.add(STYLES[code]);
    else if (ENDS[code]) ENDS[code].forEach((name) => now.delete(name));
    else if (code === 38 || code === 48) at += skip(numbers, at, code, now);
    else colour(code, now);
  }
}

function colour(code, now) {
  const isText = (code >= 30 && code <= 39) || (code >= 90 && code <= 97);
  const isBack = (code >= 40 && code <= 49) || (code >= 100 && code <= 107);
  if (!isText && !isBack) return;
  set(now, isText ? "fg" : "bg", code % 10 === 9 ? null : code % 10, code >= 90);
}

/** 38;5;n and 38;2;r;g;b: the nearest of the eight colours. Says how many numbers it took. */
function skip(numbers, at, code, now) {
  const kind = code === 38 ? "fg" : "bg";
  if (numbers[at + 1] === 5) {
    const index = numbers[at + 2] ?? 0;
    if (index < 16) set(now, kind, index % 8, index > 7);
    else if (index < 232) set(now, kind, nearest(...cube(index - 16)), false);
    else set(now, kind, index > 243 ? 7 : 0, false);
    return 2;
  }
  if (numbers[at + 1] !== 2) return 0;
  set(now, kind, nearest(...numbers.slice(at + 2, at + 5)), false);
  return 4;
}

const cube = (index) => [Math.floor(index / 36), Math.floor(index / 6) % 6, index % 6].map((one) => one * 51);

const nearest = (red = 0, green = 0, blue = 0) => (red > 127 ? 1 : 0) + (green > 127 ? 2 : 0) + (blue > 127 ? 4 : 0);

function set(now, kind, index, bright) {
  for (const name of [...now]) if (name.startsWith(kind)) now.delete(name);
  if (index !== null) now.add(`${kind}${index}${bright ? " bright" : ""}`);
}
