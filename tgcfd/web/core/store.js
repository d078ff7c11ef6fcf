// A value that parts of the page share, and that tells them when it is another one.
import { useLayoutEffect, useReducer } from "../lib/preact.js";

export class Store {
  #listeners = new Set();

  constructor(value) {
    this.value = value;
  }

  set(value) {
    if (Object.is(value, this.value)) return;
    this.value = value;
    for (const listener of [...this.#listeners]) listener(value);
  }

  /** Change some fields of a value that is an object. */
  change(fields) {
    this.set({ ...this.value, ...fields });
  }

  /** Returns what ends it. */
  subscribe(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** The value of a store, for a component that is drawn again when it changes. */
export function useStore(store) {
  const [, drawAgain] = useReducer((count) => count + 1, 0);
  useLayoutEffect(() => {
    drawAgain(); // it may have changed between drawing and now
    return store.subscribe(drawAgain);
  }, [store]);
  return store.value;
}
