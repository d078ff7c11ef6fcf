// A row of the list: a line in short, the day where another one begins, or a word about lines that are missing.
import { Component, html } from "../../lib/preact.js";
import { t } from "../../core/language.js";
import { CLOCK, DAY, Level, inShort, levelOf, told } from "./line.js";

export const idOf = (number) => `row-${number}`;

/** Drawn again only where something of it is another: hundreds of rows come in a second. */
export class Row extends Component {
  shouldComponentUpdate(next) {
    return Object.keys(next).some((name) => next[name] !== this.props[name]);
  }

  render({ row, number, q, active }) {
    if (row.kind === "day") return html`<div class="day" role="presentation"><span>${told(row.at, DAY)}</span></div>`;
    if (row.kind === "gap") {
      return html`<div class="day" role="presentation"><span>${t("Some lines are no longer kept")}</span></div>`;
    }
    return html`<div
      id=${idOf(number)}
      data-row=${number}
      role="option"
      aria-selected=${active ? "true" : "false"}
      class="line row ${levelOf(row.priority)[0]}"
    >
      <time>${told(row.at, CLOCK)}</time>
      <${Level} priority=${row.priority} />
      <span class="text" dir="auto">${inShort(row.message, q)}</span>
    </div>`;
  }
}
