// The person's connections: from which chat messages are taken, and to which they are sent.
import { html, useState } from "../lib/preact.js";
import { t } from "../core/language.js";
import { status } from "../core/status.js";
import { useStore } from "../core/store.js";
import { SAVING, draft, edit, useSetting } from "../form/draft.js";
import { focus } from "../form/lines.js";
import { WithDraft } from "../form/with_draft.js";
import { notify } from "../core/notices.js";
import { BulkAdd } from "./connections/bulk.js";
import { Connection } from "./connections/connection.js";
import { Export } from "./connections/export.js";
import { Import } from "./connections/import.js";
import { empty, matches, moved } from "./connections/list.js";

const SEARCH_FROM = 8; // connections from which on a search helps

export default function Connections() {
  const [dialog, setDialog] = useState(null);
  const close = () => setDialog(null);
  return html`<${WithDraft}>
    ${() => html`<${List} onDialog=${setDialog} />
      ${dialog === "bulk" && html`<${BulkAdd} onClose=${close} />`}
      ${dialog === "import" && html`<${Import} onClose=${close} />`}
      ${dialog === "export" && html`<${Export} onClose=${close} />`}`}
  <//>`;
}

function List({ onDialog }) {
  const { value: connections, set, error } = useSetting("/forwards");
  const { problems } = useStore(status) ?? { problems: [] };
  const [open, setOpen] = useState(null);
  const [words, setWords] = useState("");
  const [said, setSaid] = useState("");

  /** Open one, and go on in its first field. */
  function openAt(place) {
    setOpen(place);
    queueMicrotask(() => document.querySelector(".connection .fields input")?.focus()); // once it is drawn
  }
  function add() {
    set([...connections, empty()]);
    openAt(connections.length);
    setWords("");
  }
  function move(place, by) {
    set(moved(connections, place, by));
    setOpen(open === place ? place + by : open === place + by ? place : open);
    const isEnd = place + by === (by < 0 ? 0 : connections.length - 1); // where the button pressed can go no further
    focus(`connection-${place + by}-${(by < 0) === isEnd ? "down" : "up"}`);
    setSaid(t("Moved to place {place} of {count}.", { place: place + by + 1, count: connections.length }));
  }
  function duplicate(place) {
    const copy = { ...structuredClone(connections[place]), use_this: false, offset: 0 };
    set(connections.toSpliced(place + 1, 0, copy));
    openAt(place + 1);
  }
  function drop(place) {
    const undo = { label: t("Undo"), do: () => putBack(place, connections[place]) };
    notify(t("The connection is removed once you save."), { action: undo, about: SAVING });
    set(connections.toSpliced(place, 1));
    setOpen(null);
    const others = shown.map(([, other]) => other).filter((other) => other !== place);
    const near = others.find((other) => other > place) ?? others.at(-1);
    focus(near === undefined ? "add-connection" : `connection-${near - (near > place)}`);
  }
  /** Where it was; whatever was changed since stays. */
  function putBack(place, connection) {
    edit("/forwards", draft.value.mine.forwards.toSpliced(place, 0, connection));
    setOpen((now) => (now !== null && now >= place ? now + 1 : now));
    focus(`connection-${place}`);
  }

  const shown = connections.map((one, place) => [one, place]).filter(([one, place]) => place === open || matches(one, words));
  return html`<div class="tools">
      <button type="button" id="add-connection" onClick=${add}>${t("Add a connection")}</button>
      <button type="button" class="outline" onClick=${() => onDialog("bulk")}>${t("Add many")}</button>
      <button type="button" class="outline" onClick=${() => onDialog("import")}>${t("Import")}</button>
      <button type="button" class="outline" onClick=${() => onDialog("export")}>${t("Export")}</button>
    </div>
    ${connections.length >= SEARCH_FROM &&
    html`<input type="search" value=${words} aria-label=${t("Search the connections")} placeholder=${t("Search")} onInput=${(event) => setWords(event.target.value)} />`}
    ${error && html`<p class="problem" role="alert" dir="auto">${error}</p>`}
    <p class="hidden" role="status">${said}</p>
    ${connections.length === 0 && html`<${Nothing} />`}
    ${connections.length > 0 && shown.length === 0 && html`<p>${t("No connection holds these words.")}</p>`}
    <ol class="connections">
      ${shown.map(
        ([one, place]) => html`<${Connection}
          key=${place}
          ...${{ place, connection: one, last: connections.length - 1, isOpen: open === place, problems }}
          onOpen=${() => (open === place ? setOpen(null) : openAt(place))}
          onMove=${(by) => move(place, by)}
          onDuplicate=${() => duplicate(place)}
          onRemove=${() => drop(place)}
        />`,
      )}
    </ol>`;
}

function Nothing() {
  return html`<section class="card nothing">
    <p class="picture" aria-hidden="true"><span>${t("Source")}</span> → <span>tgcf</span> → <span>${t("Destinations")}</span></p>
    <p>${t("A connection takes the messages of one chat, the source, and sends them to others, the destinations. Add the first one.")}</p>
  </section>`;
}
