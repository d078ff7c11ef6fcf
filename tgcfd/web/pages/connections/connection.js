// One connection: what it does at a glance, and its fields when it is open.
import { html } from "../../lib/preact.js";
import { Said, said, t } from "../../core/language.js";
import { useStore } from "../../core/store.js";
import { draft, edit } from "../../form/draft.js";
import { Setting } from "../../form/setting.js";
import { titleOf } from "./list.js";

export function Connection({ place, connection, last, isOpen, problems, onOpen, onMove, onDuplicate, onRemove }) {
  const at = `/forwards/${place}`;
  const { errors } = useStore(draft);
  const wrong = Object.entries(errors).filter(([pointer]) => pointer === at || pointer.startsWith(`${at}/`));
  const left = problems.filter((one) => isAbout(one, connection, place));
  const title = titleOf(connection);
  return html`<li class="card connection ${wrong.length ? "bad" : ""} ${connection.use_this ? "" : "paused"}">
    <div class="head">
      <button type="button" id="connection-${place}" class="quiet name" aria-expanded=${isOpen ? "true" : "false"} onClick=${onOpen}>
        <strong dir="auto">${title}</strong>
        ${connection.con_name && html`<small dir="auto">${titleOf({ ...connection, con_name: "" })}</small>`}
      </button>
      <label class="pause">
        <input
          type="checkbox" role="switch" checked=${connection.use_this}
          aria-label=${t("{name} is on", { name: title })}
          onChange=${(event) => edit(`${at}/use_this`, event.target.checked)}
        />
        <span>${connection.use_this ? t("On") : t("Paused")}</span>
      </label>
    </div>
    ${left.map(({ chat, message }) => html`<p key=${chat} class="problem"><code dir="auto">${chat}</code> <${Said} text=${message} /></p>`)}
    ${!isOpen && wrong.slice(0, 3).map(([pointer, detail]) => html`<p key=${pointer} class="problem" dir="auto">${said(detail)}</p>`)}
    ${isOpen && html`<${Fields} at=${at} />`}
    ${isOpen &&
    html`<div class="buttons">
      <button type="button" id="connection-${place}-up" class="outline small" disabled=${place === 0} onClick=${() => onMove(-1)}>${t("Move up")}</button>
      <button type="button" id="connection-${place}-down" class="outline small" disabled=${place === last} onClick=${() => onMove(1)}>${t("Move down")}</button>
      <button type="button" class="outline small" onClick=${onDuplicate}>${t("Duplicate")}</button>
      <button type="button" class="danger small" onClick=${onRemove}>${t("Remove")}</button>
    </div>`}
  </li>`;
}

function Fields({ at }) {
  return html`<div class="fields">
    <${Setting} at="${at}/con_name" />
    <${Setting} at="${at}/source" />
    <${Setting} at="${at}/dest" add=${t("Add a destination")} />
    <details>
      <summary>${t("For copying existing messages")}</summary>
      <${Setting} at="${at}/offset" />
      <${Setting} at="${at}/end" />
    </details>
  </div>`;
}

/**
 * The worker names a connection by its name, or by its place where it has none. What it said of a chat that stands here
 * no more is settled.
 */
function isAbout({ connection, chat }, { con_name: name, source, dest }, place) {
  return connection === (name || `#${place + 1}`) && [source, ...dest].some((one) => String(one) === chat);
}
