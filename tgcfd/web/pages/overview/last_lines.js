// The last lines of the log, as they come.
import { html } from "../../lib/preact.js";
import { t } from "../../core/language.js";
import { to } from "../../core/router.js";
import { useLastLines } from "../log/last_lines.js";
import { Line } from "../log/line.js";

export function LastLines() {
  const lines = useLastLines(8);
  return html`<section class="card" aria-labelledby="last">
    <h2 id="last">${t("Last lines of the log")}</h2>
    <div class="lines">
      ${lines.length ? lines.map((line) => html`<${Line} key=${line.cursor} line=${line} />`) : html`<p class="help">${t("Nothing yet.")}</p>`}
    </div>
    <a href=${to("log")}>${t("Open the log")}</a>
  </section>`;
}
