// A form that sends itself once, shows what is wrong at its fields, and keeps what was typed.
import { createContext, html, useContext, useEffect, useRef, useState } from "../lib/preact.js";
import { wordsOf } from "../core/notices.js";
import { said } from "../core/language.js";
import { Wait } from "./wait.js";

const Errors = createContext({});

/** What is wrong with a field by its pointer, such as "/email". */
export const useError = (pointer) => useContext(Errors)[pointer];

/** Problems that are about one field, although they do not name it. */
const FIELDS = { email_taken: "email", wrong_code: "code", invite_needed: "invite", invite_not_good: "invite" };

const IDLE = { busy: false, errors: {}, problem: null, focus: null };

/**
 * `onSend`: async, is given the fields by name; a Problem that it throws is shown. `onProblem` may say in its place what
 * is to be shown: `{errors, focus}`, words by pointer, and the name of a field.
 */
export function Form({ onSend, onProblem, submit, children, kind = "", disabled = false }) {
  const [state, setState] = useState(IDLE);
  const form = useRef();
  const sending = useRef(false);
  useEffect(() => {
    const wanted = state.focus ? [`/${state.focus}`] : Object.keys(state.errors);
    focusOn([...form.current.elements].find(({ name }) => name && wanted.includes(`/${name}`))); // the uppermost
  }, [state]);
  async function send(event) {
    event.preventDefault();
    if (sending.current) return; // `busy` is known only once it was drawn
    sending.current = true;
    setState({ ...IDLE, busy: true });
    try {
      await onSend(Object.fromEntries(new FormData(form.current)));
      forgetPasswords(form.current);
      setState(IDLE);
    } catch (problem) {
      setState({ ...IDLE, ...(onProblem?.(problem) ?? shown(problem, form.current)) });
    } finally {
      sending.current = false;
    }
  }
  return html`<form ref=${form} onSubmit=${send} novalidate>
    <${Errors.Provider} value=${state.errors}>${children}<//>
    ${state.problem && html`<${Trouble} key=${state.problem} problem=${state.problem} />`}
    ${submit &&
    html`<button type="submit" class=${kind} aria-busy=${state.busy ? "true" : "false"} disabled=${disabled}>${submit}</button>`}
  </form>`;
}

function Trouble({ problem }) {
  if (problem.status === 429 && problem.retryAfter) return html`<${Wait} problem=${problem} />`;
  return html`<p class="problem" role="alert" dir="auto">${wordsOf(problem)}</p>`;
}

/** What is wrong at the fields that there are, or else the problem as a whole. */
function shown(problem, form) {
  const own = FIELDS[problem.code] ? [{ pointer: `/${FIELDS[problem.code]}`, detail: problem.detail }] : [];
  const told = [...(problem.errors ?? []), ...own];
  const errors = Object.fromEntries(told.map((one) => [one.pointer, said(one.detail)]));
  const isAtFields = told.length > 0 && told.every((one) => fieldOf(form, one.pointer.slice(1)));
  return isAtFields ? { errors } : { errors, problem };
}

const fieldOf = (form, name) => form?.elements.namedItem(name);

function focusOn(field) {
  const first = field?.matches("fieldset") ? field.querySelector("input") : field;
  first?.focus?.();
}

/** They were taken, and are for nobody to find who comes to this computer next. */
function forgetPasswords(form) {
  for (const field of form?.querySelectorAll("input[autocomplete$=password], input[autocomplete=one-time-code]") ?? []) {
    field.value = "";
  }
}
