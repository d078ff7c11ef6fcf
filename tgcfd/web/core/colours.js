// Light or dark: as the browser asks for, unless the person chose one of both.
import { Store } from "./store.js";

const KEPT = "tgcfd.colours";
const dark = matchMedia("(prefers-color-scheme: dark)");

/** What was chosen: "auto", "light" or "dark". */
export const chosen = new Store(kept());

/** What is shown: "light" or "dark". */
export const colours = new Store("");

export function choose(wanted) {
  try {
    localStorage.setItem(KEPT, wanted);
  } catch {
    // a browser that keeps nothing asks again next time
  }
  chosen.set(wanted);
  show();
}

function show() {
  const wanted = chosen.value === "auto" ? (dark.matches ? "dark" : "light") : chosen.value;
  document.documentElement.dataset.theme = wanted; // Pico's word for it
  colours.set(wanted);
}

function kept() {
  try {
    const value = localStorage.getItem(KEPT);
    return value === "light" || value === "dark" ? value : "auto";
  } catch {
    return "auto";
  }
}

dark.addEventListener("change", show);
show();
