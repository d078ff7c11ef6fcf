// To be built.
import { html } from "../lib/preact.js";

export default function Overview() {
  return html`<p></p>`;
}
