// Says that something was tried too often, and counts down to when it can be tried again.
import { html, useState } from "../lib/preact.js";
import { duration, t } from "../core/language.js";
import { useEvery } from "./time.js";

export function Wait({ problem }) {
  const [until] = useState(() => Date.now() + problem.retryAfter * 1000);
  useEvery(1);
  const left = Math.ceil((until - Date.now()) / 1000);
  const what = problem.code === "busy" ? t("There is too much to do here right now.") : t("This was tried too often.");
  // Readers are told once, not each second: a timer is silent by itself.
  return html`<p class="problem">
    <span role="alert">${what}</span>${" "}
    <span role="timer">${left > 0 ? t("Try again in {time}.", { time: duration(left) }) : t("You can try again now.")}</span>
  </p>`;
}
