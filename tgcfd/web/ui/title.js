// The heading of what is shown, which names the tab as well.
import { html, useEffect, useLayoutEffect, useRef } from "../lib/preact.js";

let isFirst = true;

/** It has the focus as soon as it comes in the place of another one: that is where the new page begins. */
export function Title({ text }) {
  const heading = useRef();
  useLayoutEffect(() => {
    if (!isFirst) heading.current.focus();
    isFirst = false;
  }, []);
  useEffect(() => void (document.title = `${text} · tgcfd`), [text]);
  return html`<h1 ref=${heading} tabindex="-1">${text}</h1>`;
}
