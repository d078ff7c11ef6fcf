// A field to look for something in a list: it looks once no other letter comes.
import { html, useEffect, useRef, useState } from "../lib/preact.js";
import { Labelled } from "./field.js";

const TYPING = 300; // milliseconds without another letter

export function Search({ label, help, value = "", onSearch, ...rest }) {
  const [text, setText] = useState(value);
  const timer = useRef();
  useEffect(() => () => clearTimeout(timer.current), []);
  function type(event) {
    const typed = event.target.value;
    setText(typed);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => onSearch(typed.trim()), TYPING);
  }
  return html`<${Labelled} label=${label} help=${help}>
    ${(attributes) => html`<input ...${attributes} ...${rest} type="search" autocomplete="off" autocapitalize="off"
      spellcheck=${false} value=${text} onInput=${type} />`}
  <//>`;
}
