// To be built.
import { html } from "../lib/preact.js";

export default function Telegram() {
  return html`<p></p>`;
}
