// New lines for who listens to them: a screen reader is told so much as can be said.
import { html, useEffect, useState } from "../../lib/preact.js";
import { t } from "../../core/language.js";
import { plain } from "./ansi.js";
import { levelOf } from "./line.js";

const EVERY = 4000; // milliseconds
const MOST = 3; // lines at once
const LONGEST = 200; // characters of each

export function ReadOut({ feed, reading }) {
  const [words, setWords] = useState([]);
  useEffect(() => {
    if (!reading) return setWords([]);
    let at = feed.rows.end;
    let { rows } = feed;
    const timer = setInterval(() => {
      if (rows !== feed.rows) [rows, at] = [feed.rows, feed.rows.end]; // other lines are shown now
      if (rows.end <= at) return;
      setWords(said(rows, at));
      at = rows.end;
    }, EVERY);
    return () => clearInterval(timer);
  }, [feed, reading]);
  return html`<div class="hidden" role="status" aria-live="polite">${words.map((one, at) => html`<p key=${at}>${one}</p>`)}</div>`;
}

function said(rows, begin) {
  const count = rows.end - begin;
  const numbers = Array.from({ length: Math.min(count, MOST) }, (_, at) => rows.end - Math.min(count, MOST) + at);
  const lines = numbers.map((number) => rows.at(number)).filter(({ kind }) => kind === "line");
  const words = lines.map(({ priority, message }) => `${levelOf(priority)[2]} ${plain(message).slice(0, LONGEST)}`.trim());
  return count > MOST ? [t.n(count, "1 new line; the last one:", "{count} new lines; the last ones:"), ...words] : words;
}
