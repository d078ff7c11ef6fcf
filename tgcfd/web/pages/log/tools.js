// What stands above the lines: search, level, time, pause, and what is wanted less often.
import { html, useEffect, useRef, useState } from "../../lib/preact.js";
import { address } from "../../core/api.js";
import { t } from "../../core/language.js";
import { LONGEST, isEverything, toQuery } from "./filter.js";

const TYPING = 300; // milliseconds without another letter

/** `onFilter` is told the part of the filter that is another one. */
export function Tools({ filter, onFilter, paused, onPause, reading, onRead }) {
  const choice = (name, label, choices) => html`<select
    aria-label=${label}
    value=${filter[name]}
    onChange=${(event) => onFilter({ [name]: event.target.value })}
  >
    ${choices.map(([value, words]) => html`<option key=${value} value=${value}>${words}</option>`)}
  </select>`;
  return html`<div class="log-tools">
    <${Search} q=${filter.q} onSearch=${(q) => onFilter({ q })} />
    ${choice("level", t("Level"), [
      ["", t("All levels")],
      ["info", t("Without details")],
      ["warning", t("Warnings and errors")],
      ["error", t("Errors")],
    ])}
    ${choice("since", t("Time"), [
      ["", t("Any time")],
      ["hour", t("Last hour")],
      ["day", t("Last 24 hours")],
      ["week", t("Last 7 days")],
    ])}
    <button type="button" class="secondary outline pause" onClick=${() => onPause(!paused)}>
      ${paused ? t("Resume") : t("Pause")}
    </button>
    <${More} filter=${filter} reading=${reading} onRead=${onRead} />
  </div>`;
}

/** Looks for what is typed, once no other letter comes. */
function Search({ q, onSearch }) {
  const [text, setText] = useState(q);
  const timer = useRef();
  useEffect(() => setText(q), [q]); // the address has changed
  useEffect(() => () => clearTimeout(timer.current), []);
  function type(event) {
    const typed = event.target.value;
    setText(typed);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => onSearch(typed), TYPING);
  }
  return html`<input
    type="search"
    aria-label=${t("Search the log")}
    placeholder=${t("Search the log")}
    maxlength=${LONGEST}
    autocomplete="off"
    spellcheck=${false}
    value=${text}
    onInput=${type}
  />`;
}

function More({ filter, reading, onRead }) {
  const menu = useRef();
  const isAll = isEverything(filter);
  const file = (format) => {
    const url = address("/api/logs/download");
    url.search = new URLSearchParams({ ...toQuery(filter), format });
    return url;
  };
  const close = () => (menu.current.open = false);
  useEffect(() => {
    const look = (event) => menu.current.contains(event.target) || close();
    addEventListener("pointerdown", look);
    return () => removeEventListener("pointerdown", look);
  }, []);
  return html`<details ref=${menu} class="more" onKeyDown=${(event) => event.key === "Escape" && close()}>
    <summary role="button" class="secondary outline" aria-label=${t("More")} title=${t("More")}>⋯</summary>
    <ul>
      <li><a href=${file("text")} download onClick=${close}>${isAll ? t("Download as text") : t("Download these lines as text")}</a></li>
      <li><a href=${file("ndjson")} download onClick=${close}>${isAll ? t("Download for programs (JSON lines)") : t("Download these lines for programs (JSON lines)")}</a></li>
      <li>
        <label><input type="checkbox" role="switch" checked=${reading} onChange=${(event) => onRead(event.target.checked)} /> ${t("Read out new lines")}</label>
      </li>
    </ul>
  </details>`;
}
