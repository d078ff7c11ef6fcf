// What stands in the place of something that is on its way, and what is shown when it did not come.
import { html, useEffect, useState } from "../lib/preact.js";
import { Stopped } from "../core/api.js";
import { wordsOf } from "../core/notices.js";
import { t } from "../core/language.js";

/** Gray bars of the height of what will be there. */
export const Skeleton = ({ lines = 4 }) => html`<div class="skeleton" role="status" aria-busy="true" aria-label=${t("Loading")}>
  ${Array.from({ length: lines }, (_, at) => html`<div key=${at}></div>`)}
</div>`;

/**
 * What an async function says: `{value, problem, again}`; asked for again when `keys` change. What was there stays until
 * there is something new.
 */
export function useLoaded(load, keys) {
  const [state, setState] = useState({ value: undefined, problem: null });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let wanted = true;
    load().then(
      (value) => wanted && setState({ value, problem: null }),
      (problem) => wanted && !(problem instanceof Stopped) && setState((before) => ({ ...before, problem })),
    );
    return () => (wanted = false);
  }, [...keys, turn]);
  return { ...state, again: () => setTurn(turn + 1) };
}

/** Draws `children(value)` once it is there. */
export function Loaded({ from, lines, children }) {
  if (from.value !== undefined) return children(from.value);
  if (!from.problem) return html`<${Skeleton} lines=${lines} />`;
  return html`<div class="problem" role="alert">
    <p dir="auto">${wordsOf(from.problem)}</p>
    <button type="button" onClick=${from.again}>${t("Try again")}</button>
  </div>`;
}
