// Times that go on: how long something has been so.
import { html, useEffect, useReducer } from "../lib/preact.js";
import { dateTime, duration } from "../core/language.js";

/** Draw again every so many seconds, as long as somebody looks. */
export function useEvery(seconds) {
  const [, drawAgain] = useReducer((count) => count + 1, 0);
  useEffect(() => {
    const timer = setInterval(() => document.hidden || drawAgain(), seconds * 1000);
    return () => clearInterval(timer);
  }, [seconds]);
}

/** How long ago something was, in words that go on. */
export function Since({ time }) {
  useEvery(1);
  const seconds = (Date.now() - new Date(time)) / 1000;
  return html`<time datetime=${time} title=${dateTime(time)}>${duration(seconds)}</time>`;
}

/** A date and time. */
export const Time = ({ time, options }) => html`<time datetime=${time}>${dateTime(time, options)}</time>`;
