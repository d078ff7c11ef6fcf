// Many connections at once, one on a line.
import { html, useState } from "../../lib/preact.js";
import { t } from "../../core/language.js";
import { notify } from "../../core/notices.js";
import { useSetting } from "../../form/draft.js";
import { Dialog } from "../../ui/dialog.js";
import { Labelled } from "../../ui/field.js";
import { empty, titleOf } from "./list.js";

const SHOWN = 50;

export function BulkAdd({ onClose }) {
  const { value: connections, set } = useSetting("/forwards");
  const [text, setText] = useState("");
  const lines = read(text);
  const good = lines.filter(({ connection }) => connection);
  const wrong = lines.length - good.length;
  function add() {
    set([...connections, ...good.map(({ connection }) => ({ ...empty(), ...connection }))]);
    notify(t.n(good.length, "One connection is added once you save.", "{count} connections are added once you save."));
    onClose();
  }
  const actions = html`
    <button type="button" class="secondary" onClick=${onClose}>${t("Cancel")}</button>
    <button type="button" disabled=${!good.length || wrong > 0} onClick=${add}>
      ${t.n(good.length, "Add one connection", "Add {count} connections")}
    </button>
  `;
  return html`<${Dialog} wide title=${t("Add many connections")} onClose=${onClose} actions=${actions}>
    <${Labelled}
      label=${t("One connection on a line")}
      help=${t("The source, an arrow, the destinations with commas between them; a name and a colon may stand before.")}
    >
      ${(attributes) => html`<textarea
        ...${attributes} rows="6" dir="auto" spellcheck=${false} value=${text}
        placeholder=${"news: @source_chat -> @first_copy, -1001234567890\n@another -> me"}
        onInput=${(event) => setText(event.target.value)}
      ></textarea>`}
    <//>
    <ol class="bulk" aria-live="polite">
      ${lines.slice(0, SHOWN).map(({ connection, line }) =>
        connection
          ? html`<li key=${line} value=${line} dir="auto">${titleOf({ ...connection, con_name: "" })}</li>`
          : html`<li key=${line} value=${line} class="problem">${t("This line has no arrow with chats on both sides.")}</li>`,
      )}
    </ol>
    ${lines.length > SHOWN && html`<p>${t("And {count} more.", { count: lines.length - SHOWN })}</p>`}
  <//>`;
}

/** Understand a text: `{line, connection}` of each line that holds something; no connection: it is not understood. */
export function read(text) {
  return text.split("\n").flatMap((words, at) => (words.trim() ? [{ line: at + 1, connection: ofLine(words.trim()) }] : []));
}

function ofLine(line) {
  const [from, to, ...more] = line.split(/\s*(?:->|=>|→|\t)\s*/);
  if (to === undefined || more.length) return null;
  const name = /^(.{1,256}?):(?!\/\/)\s+(.+)$/.exec(from);
  const source = (name ? name[2] : from).trim();
  const dest = to.split(/[,;\s]+/).filter(Boolean);
  if (!source || /\s/.test(source) || !dest.length) return null;
  return { con_name: name ? name[1].trim() : "", source, dest };
}
