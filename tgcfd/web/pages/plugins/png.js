// Images that people pick, as the PNG that tgcfd takes.
import { Problem } from "../../core/api.js";
import { t } from "../../core/language.js";

const LARGEST = 2 * 1024 * 1024; // bytes that the server takes
const SIDE = 1280; // pixels of what has to be made smaller: more than a watermark needs

/** The file as it is if the server can take it, or else drawn anew. Throws a Problem for what is no image. */
export async function asPng(file) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    throw new Problem({ code: "image_unusable", detail: t("This file cannot be read as an image. Choose a PNG or JPEG file.") });
  }
  const isFit = file.type === "image/png" && file.size <= LARGEST && Math.max(bitmap.width, bitmap.height) <= SIDE * 2;
  return isFit ? file : drawn(bitmap);
}

function drawn(bitmap) {
  const scale = Math.min(1, SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}
