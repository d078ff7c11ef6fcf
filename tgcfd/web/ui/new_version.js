// Tells that tgcfd was updated while the page was open: its own parts are those of before.
import { html, useEffect, useState } from "../lib/preact.js";
import { address } from "../core/api.js";
import { on } from "../core/events.js";
import { t } from "../core/language.js";

const OWN = new URL("../", import.meta.url).pathname;

export function NewVersion() {
  const [isOld, setIsOld] = useState(false);
  useEffect(() => on("live", () => look().then(setIsOld, () => {})), []);
  return html`<div role="status">
    ${isOld &&
    html`<div class="banner">
      <span>${t("tgcfd was updated. Reload the page to use the new version.")}</span>
      <button type="button" class="quiet" onClick=${() => location.reload()}>${t("Reload")}</button>
    </div>`}
  </div>`;
}

async function look() {
  const page = await (await fetch(address("/"), { cache: "no-cache" })).text();
  const found = /<script type="module" src="([^"]+)app\.js"/.exec(page);
  return Boolean(found) && new URL(found[1], address("/")).pathname !== OWN;
}
