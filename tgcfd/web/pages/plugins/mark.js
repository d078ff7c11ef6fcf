// The watermark: which image, and where it goes.
import { html, useRef, useState } from "../../lib/preact.js";
import { address, call, get, remove } from "../../core/api.js";
import { bytes, said, t } from "../../core/language.js";
import { notify, notifyOf } from "../../core/notices.js";
import { useSetting } from "../../form/draft.js";
import { partOf } from "../../form/schema.js";
import { Setting } from "../../form/setting.js";
import { Button } from "../../ui/button.js";
import { confirm } from "../../ui/dialog.js";
import { newId } from "../../ui/field.js";
import { Loaded, useLoaded } from "../../ui/loading.js";
import { asPng } from "./png.js";

const UPLOADED = "image.png";
const IMAGE = "/plugins/mark/image";

export function Mark() {
  return html`<${WhichImage} /><${Position} /><${Setting} at="/plugins/mark/frame_rate" />`;
}

function WhichImage() {
  const { value, set } = useSetting(IMAGE);
  const about = useLoaded(() => get("/api/watermark/about"), []);
  const isAddress = value !== UPLOADED;
  return html`<fieldset>
      <legend>${t("Image")}</legend>
      <label><input type="radio" name="mark-image" checked=${!isAddress} onChange=${() => set(UPLOADED)} /> ${t("One that I upload")}</label>
      <label><input type="radio" name="mark-image" checked=${isAddress} onChange=${() => set("https://")} /> ${t("One from the web")}</label>
    </fieldset>
    ${isAddress && html`<${Setting} at=${IMAGE} label=${t("Address of the image")} help=${t("It begins with https:// and is downloaded once, when it is first needed. The name of a file that the host's owner has put into place can stand here as well.")} short />`}
    <${Loaded} from=${about} lines=${3}>${(known) => html`<${Image} known=${known} isUploaded=${!isAddress} again=${about.again} />`}<//>`;
}

/** The image that is here: uploaded, or downloaded by tgcf before. */
function Image({ known: { image, unusable }, isUploaded, again }) {
  async function upload(picked) {
    await call("PUT", "/api/watermark", { body: await asPng(picked), type: "image/png" });
    notify(t("The image is stored."));
    again();
  }
  async function drop() {
    const question = { title: t("Remove the image?"), text: t("Pictures cannot be marked until there is another one."), yes: t("Remove"), kind: "danger" };
    if (isUploaded && !(await confirm(question))) return;
    await remove("/api/watermark");
    again();
  }
  const isThere = image || unusable;
  if (!isUploaded && !isThere) return null;
  return html`<div class="field">
    ${!isUploaded && html`<p class="warning" role="note">${t("There is an image already, and tgcf uses that one. Remove it to have the address downloaded.")}</p>`}
    ${image && html`<figure class="mark"><img src=${shownAt(image)} alt=${t("The watermark's image")} /><figcaption>${t("{width} × {height} pixels, {size}", { ...image, size: bytes(image.bytes) })}</figcaption></figure>`}
    ${unusable && html`<p class="problem">${said(unusable)}</p>`}
    ${!isThere && html`<p class="warning" role="note">${t("There is no image yet: pictures cannot be marked without one.")}</p>`}
    <div class="buttons">
      ${isUploaded && html`<${Upload} onPick=${upload} label=${isThere ? t("Replace the image") : t("Upload an image")} />`}
      ${isThere && html`<${Button} kind="outline small" action=${drop}>${t("Remove the image")}<//>`}
    </div>
    ${isUploaded && html`<small>${t("A PNG with a transparent background looks best; 2 MB and 2560 × 2560 pixels at most. It takes effect at once, without saving.")}</small>`}
  </div>`;
}

function shownAt({ etag }) {
  const url = address("/api/watermark");
  url.searchParams.set("v", etag);
  return url.href;
}

/** A button that asks for a file, and is busy until that is dealt with. */
function Upload({ label, onPick }) {
  const file = useRef();
  const [busy, setBusy] = useState(false);
  async function picked(event) {
    const [chosen] = event.target.files;
    if (!chosen) return;
    setBusy(true);
    await onPick(chosen).catch(notifyOf);
    setBusy(false);
    if (file.current) file.current.value = ""; // the same file can be picked again
  }
  return html`<input ref=${file} type="file" class="hidden" accept="image/*" tabindex="-1" aria-hidden="true" onChange=${picked} />
    <button type="button" class="outline small" aria-busy=${busy ? "true" : "false"} disabled=${busy} onClick=${() => file.current.click()}>${label}</button>`;
}

/** Where on a picture the image goes, chosen on a picture. */
function Position() {
  const at = "/plugins/mark/position";
  const { value, set, error } = useSetting(at);
  const part = partOf(at);
  const [id] = useState(newId);
  return html`<fieldset aria-describedby="${id}-help">
    <legend>${said(part.title)}</legend>
    <small id="${id}-help">${said(part.description)}</small>
    <div class="positions">
      ${part.oneOf.map(
        (one) => html`<label key=${one.const} class=${`${one.const} ${one.const === value ? "chosen" : ""}`}>
          <input type="radio" name=${id} checked=${one.const === value} onChange=${() => set(one.const)} /> ${said(one.title)}
        </label>`,
      )}
    </div>
    ${error && html`<small class="problem" role="alert">${said(error)}</small>`}
  </fieldset>`;
}
