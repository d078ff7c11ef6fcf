// What can be done with a list of connections.
import { defaultOf, partOf } from "../../form/schema.js";

/** A new connection, with everything at its default. */
export const empty = () => defaultOf(partOf("/forwards/0"));

/** The list with one of them moved up (-1) or down (1). */
export function moved(connections, place, by) {
  const list = [...connections];
  list.splice(place + by, 0, ...list.splice(place, 1));
  return list;
}

/** How a connection is called: its name, or where it leads. */
export function titleOf({ con_name: name, source, dest }) {
  return name || `${source === "" ? "…" : source} → ${dest.length ? dest.join(", ") : "…"}`;
}

export function matches({ con_name: name, source, dest }, words) {
  const text = [name, source, ...dest].join(" ").toLowerCase();
  return words.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}
