// A button that shows that what it began is under way, and keeps its size meanwhile.
import { html, useEffect, useRef, useState } from "../lib/preact.js";
import { notifyOf } from "../core/notices.js";

/**
 * `action`: an async function; what goes wrong with it is said as a notice, or given to `onProblem`. `kind`: "", "secondary",
 * "outline", "danger".
 */
export function Button({ action, kind = "", onProblem = notifyOf, disabled, children, type = "button", ...rest }) {
  const [busy, setBusy] = useState(false);
  const there = useRef(true);
  const pressed = useRef(false);
  useEffect(() => () => (there.current = false), []);
  async function press(event) {
    if (pressed.current) return; // `busy` is known only once it was drawn
    pressed.current = true;
    setBusy(true);
    try {
      await action(event);
    } catch (problem) {
      onProblem(problem);
    } finally {
      pressed.current = false;
      if (there.current) setBusy(false);
    }
  }
  return html`<button
    type=${type}
    class=${kind}
    aria-busy=${busy ? "true" : "false"}
    aria-disabled=${busy ? "true" : undefined}
    disabled=${disabled}
    onClick=${action ? press : undefined}
    ...${rest}
  >${children}</button>`;
}
