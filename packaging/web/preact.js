// Preact, its hooks, and htm, which makes Preact's elements of template literals: as one module.
import htm from "./htm.js";
import { h } from "./preact_core.js";

export * from "./preact_core.js";
export * from "./preact_hooks.js";
export const html = htm.bind(h);
