// A form that sends itself once, shows what is wrong at its fields, and keeps what was typed.
import { createContext, html, useContext, useRef, useState } from "../lib/preact.js";
import { wordsOf } from "../core/notices.js";
import { said } from "../core/language.js";

const Errors = createContext({});

/** What is wrong with a field by its pointer, such as "/email". */
export const useError = (pointer) => useContext(Errors)[pointer];

/**
 * `onSend`: async, is given the fields by name; a Problem that it throws is shown. `onProblem` may take one over by
 * saying true.
 */
export function Form({ onSend, onProblem, submit, children, kind = "", disabled = false }) {
  const [state, setState] = useState({ busy: false, errors: {}, general: null });
  const form = useRef();
  async function send(event) {
    event.preventDefault();
    if (state.busy) return;
    setState({ busy: true, errors: {}, general: null });
    try {
      await onSend(Object.fromEntries(new FormData(form.current)));
      setState({ busy: false, errors: {}, general: null });
    } catch (problem) {
      const taken = onProblem?.(problem);
      const errors = Object.fromEntries((problem.errors ?? []).map((one) => [one.pointer, said(one.detail)]));
      const shown = Object.keys(errors).some((pointer) => form.current?.elements[pointer.slice(1)]);
      setState({ busy: false, errors, general: taken || shown ? null : wordsOf(problem) });
      const first = Object.keys(errors).map((pointer) => form.current?.elements[pointer.slice(1)]).find(Boolean);
      first?.focus?.();
    }
  }
  return html`<form ref=${form} onSubmit=${send} novalidate>
    <${Errors.Provider} value=${state.errors}>${children}<//>
    ${state.general && html`<p class="problem" role="alert">${state.general}</p>`}
    ${submit &&
    html`<button type="submit" class=${kind} aria-busy=${state.busy ? "true" : "false"} disabled=${disabled}>${submit}</button>`}
  </form>`;
}
