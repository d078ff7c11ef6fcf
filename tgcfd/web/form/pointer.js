// Places in a configuration, as RFC 6901 JSON pointers, and what three copies of it make together.

const words = (pointer) => pointer.split("/").slice(1).map((word) => word.replaceAll("~1", "/").replaceAll("~0", "~"));

/** A pointer with one more word. */
export const below = (pointer, word) => `${pointer}/${String(word).replaceAll("~", "~0").replaceAll("/", "~1")}`;

export const valueAt = (value, pointer) => words(pointer).reduce((part, word) => part?.[word], value);

/** A copy in which another value stands at the pointer. */
export function withValue(value, pointer, wanted) {
  const [word, ...rest] = words(pointer);
  if (word === undefined) return wanted;
  const inner = withValue(value?.[word], rest.map((one) => below("", one)).join(""), wanted);
  if (Array.isArray(value)) return value.map((item, at) => (at === Number(word) ? inner : item));
  return { ...value, [word]: inner };
}

// What it holds itself: each object has a "__proto__" and a "constructor" that nobody put there.
const own = (value, name) => (Object.hasOwn(value, name) ? value[name] : undefined);

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** Whether two values of JSON are the same, order of names in rules included. */
export const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/**
 * Bring together what was edited here (`mine`) and elsewhere (`theirs`), both from `base`. Says the outcome and the
 * pointers where both have changed the same thing, of which mine stays.
 */
export function merge(base, mine, theirs, pointer = "") {
  if (same(mine, theirs) || same(base, theirs)) return { value: mine, both: [] };
  if (same(base, mine)) return { value: theirs, both: [] };
  const isList = [base, mine, theirs].every((value) => Array.isArray(value) && value.every(isObject));
  const isSameList = isList && base.length === mine.length && base.length === theirs.length;
  if (!isSameList && ![base, mine, theirs].every(isObject)) return { value: mine, both: [pointer] };
  const merged = Object.keys({ ...theirs, ...mine }).map((name) => {
    const part = merge(own(base, name), own(mine, name), own(theirs, name), below(pointer, name));
    return [name, part];
  });
  const parts = merged.filter(([, part]) => part.value !== undefined);
  const value = Object.fromEntries(parts.map(([name, part]) => [name, part.value]));
  return { value: isSameList ? Object.values(value) : value, both: merged.flatMap(([, part]) => part.both) };
}
