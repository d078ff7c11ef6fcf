// The lines that the page holds, as numbered rows: at most so many, with at most so much text.

const MOST_ROWS = 100_000;
const MOST_CHARACTERS = 32_000_000;

/** A line as it is kept, of what the API says of it. */
export function lineOf({ cursor, time, priority, message }) {
  const at = Date.parse(time);
  return { kind: "line", cursor, at, day: dayOf(at), priority, message };
}

/** Stands where lines are missing because the log no longer holds them. */
export const gapAt = (cursor) => ({ kind: "gap", cursor, day: 0, message: "" });

function dayOf(at) {
  const time = new Date(at);
  return time.getFullYear() * 10_000 + time.getMonth() * 100 + time.getDate();
}

/**
 * Rows keep their numbers while others come at either end or go there. Between lines of different days stands a row
 * of kind "day".
 */
export class Rows {
  #rows = [];
  #begin = 0; // where in the array the first row is: what was dropped before it is cut off from time to time
  #most;

  constructor(most = { rows: MOST_ROWS, characters: MOST_CHARACTERS }) {
    this.first = 0; // the number of the first row
    this.characters = 0;
    this.#most = most;
  }

  get length() {
    return this.#rows.length - this.#begin;
  }

  /** The number behind the last row. */
  get end() {
    return this.first + this.length;
  }

  at(number) {
    return number < this.first ? undefined : this.#rows[this.#begin + number - this.first];
  }

  /** The cursor of the first row, or of the last one, that has one. */
  get firstCursor() {
    return this.at(this.first)?.cursor;
  }

  get lastCursor() {
    return this.at(this.end - 1)?.cursor;
  }

  append(lines) {
    let last = this.at(this.end - 1);
    for (const line of lines) {
      if (isNewDay(last, line)) this.#rows.push(dayBefore(line));
      this.#rows.push(line);
      this.characters += weight(line);
      last = line;
    }
  }

  prepend(lines) {
    if (!lines.length) return;
    const rows = [];
    for (const line of [...lines, this.at(this.first)]) {
      if (!line) continue;
      if (isNewDay(rows.at(-1), line)) rows.push(dayBefore(line));
      rows.push(line);
      this.characters += weight(line);
    }
    if (this.length) this.characters -= weight(rows.pop());
    this.first -= rows.length;
    this.#rows = rows.concat(this.#rows.slice(this.#begin));
    this.#begin = 0;
  }

  /** Drop what is too much, at the end that is farther from the row somebody looks at. Says which went: "", "oldest" or "newest". */
  trim(eye) {
    const oldest = eye - this.first >= this.end - 1 - eye;
    let dropped = "";
    while (this.length > 1 && (this.length > this.#most.rows || this.characters > this.#most.characters)) {
      this.#drop(oldest);
      dropped = oldest ? "oldest" : "newest";
    }
    while (dropped && this.at(oldest ? this.first : this.end - 1)?.kind === "day") this.#drop(oldest);
    return dropped;
  }

  #drop(oldest) {
    const row = oldest ? this.#rows[this.#begin] : this.#rows.pop();
    this.characters -= weight(row);
    if (!oldest) return;
    this.#rows[this.#begin] = undefined;
    this.#begin += 1;
    this.first += 1;
    if (this.#begin < 10_000) return;
    this.#rows = this.#rows.slice(this.#begin);
    this.#begin = 0;
  }
}

const weight = (row) => row.message.length + (row.cursor?.length ?? 0);

const isNewDay = (before, line) => Boolean(before?.day && line.day && before.day !== line.day);

const dayBefore = ({ at, day }) => ({ kind: "day", at, day, message: "" });
