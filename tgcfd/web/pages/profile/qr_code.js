// A QR code on a canvas; black on white in the dark as well, or cameras do not read it.
import { html, useEffect, useRef } from "../../lib/preact.js";
import { t } from "../../core/language.js";

const SIZE = 232;
const QUIET = 4; // modules of white around, as the standard asks

export function QrCode({ text }) {
  const canvas = useRef();
  useEffect(() => {
    import("../../lib/qrcode.js").then(({ default: make }) => {
      const code = make(0, "M");
      code.addData(text);
      code.make();
      if (canvas.current) draw(canvas.current, code);
    }, () => {}); // the secret is there to be typed
  }, [text]);
  return html`<canvas ref=${canvas} class="qr" width=${SIZE} height=${SIZE} role="img" aria-label=${t("The secret as a QR code")}></canvas>`;
}

function draw(canvas, code) {
  const count = code.getModuleCount();
  const size = Math.max(4, Math.floor(SIZE / (count + 2 * QUIET)));
  canvas.width = canvas.height = size * (count + 2 * QUIET);
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.fillStyle = "#000";
  for (let row = 0; row < count; row += 1) {
    for (let column = 0; column < count; column += 1) {
      if (code.isDark(row, column)) pen.fillRect((column + QUIET) * size, (row + QUIET) * size, size, size);
    }
  }
}
