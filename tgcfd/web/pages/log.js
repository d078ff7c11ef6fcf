// To be built.
import { html } from "../lib/preact.js";

export default function Log() {
  return html`<p></p>`;
}
