// What the server's one schema of the settings says about a place in the configuration.
import { draft } from "./draft.js";

/** The part of the schema for a pointer such as "/forwards/0/source". */
export function partOf(pointer, schema = draft.value.schema) {
  return pointer.split("/").slice(1).reduce((part, word) => inner(part, word, schema), schema);
}

function inner(part, word, schema) {
  const found = part?.properties?.[word] ?? part?.items ?? part?.additionalProperties;
  return found ? resolved(found, schema) : undefined;
}

/** A part with what it, or its items, refer to; its own words win. */
function resolved(part, schema) {
  const whole = part.$ref ? { ...target(part.$ref, schema), ...part } : part;
  return whole.items?.$ref ? { ...whole, items: resolved(whole.items, schema) } : whole;
}

const target = ($ref, schema) => $ref.slice("#/".length).split("/").reduce((inside, word) => inside[word], schema);

/** The names of a part's settings that a person edits. */
export function settingsOf(pointer) {
  const part = partOf(pointer);
  return Object.keys(part.properties).filter((name) => !inner(part, name, draft.value.schema).deprecated);
}

/** The default of a place; of an object, those of all inside. */
export function defaultOf(part, schema = draft.value.schema) {
  const known = resolved(part, schema);
  if (!known.properties) return structuredClone(known.default);
  return Object.fromEntries(Object.keys(known.properties).map((name) => [name, defaultOf(known.properties[name], schema)]));
}
