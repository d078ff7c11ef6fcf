// The configuration on its way from and to the server. A browser puts names that are digits, such as "2024", first in
// each object that it reads; the rules of "replace" are applied in their order, so here they are a list of pairs.
import { t } from "../core/language.js";
import { below } from "./pointer.js";

const RULES = "/plugins/replace/text";
const NAME = /"([^"\\]*(?:\\.[^"\\]*)*)"(\s*:)?/g; // each text in JSON; one that a colon follows is a name

/** What the server has sent, with rules as `[look for, put there]`. */
export function read(text) {
  const config = JSON.parse(text);
  const kept = JSON.parse(text.replace(NAME, (all, name, colon) => (colon ? `"=${name}"${colon}` : all)));
  const rules = Object.entries(kept["=plugins"]["=replace"]["=text"]).map(([find, put]) => [find.slice(1), put]);
  return withRules(config, rules);
}

const withRules = (config, text) => ({
  ...config,
  plugins: { ...config.plugins, replace: { ...config.plugins.replace, text } },
});

/** The JSON to send. Rules that `faultsOf` names, and empty ones, are left out. */
export const written = (config) => exchanged(config, "plugins", writtenPlugins(config));

function writtenPlugins({ plugins }) {
  const first = firsts(plugins.replace.text);
  const sent = plugins.replace.text.filter(([find], at) => find !== "" && first.get(find) === at);
  const rules = object(sent.map(([find, put]) => [find, JSON.stringify(put)]));
  return exchanged(plugins, "replace", exchanged(plugins.replace, "text", rules));
}

/** The JSON of a message, with the settings that are to be tried on it. */
export function withPlugins(message, config) {
  const asked = { ...message, show_forwarded_from: config.show_forwarded_from, plugins: null };
  return exchanged(asked, "plugins", writtenPlugins(config));
}

const object = (parts) => `{${parts.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(",")}}`;

const exchanged = (whole, wanted, json) =>
  object(Object.entries(whole).map(([name, value]) => [name, name === wanted ? json : JSON.stringify(value)]));

/** The place of the first rule that looks for each text. */
const firsts = (rules) => new Map(rules.map(([find], at) => [find, at]).reverse());

/** What the server says is wrong, with rules by their place, as in other lists. */
export function placed(errors, config) {
  const places = new Map([...firsts(config.plugins.replace.text)].map(([find, at]) => [below(RULES, find), below(RULES, at)]));
  return errors.map((one) => ({ ...one, pointer: places.get(one.pointer) ?? one.pointer }));
}

/** What is wrong with rules that JSON cannot tell the server of: said as it says what is wrong. */
export function faultsOf(config) {
  const rules = config.plugins.replace.text;
  const first = firsts(rules);
  return rules.flatMap(([find, put], at) => {
    const pointer = below(RULES, at);
    if (find === "") return put === "" ? [] : [{ pointer, detail: t("Fill in what to look for, or remove the rule.") }];
    if (first.get(find) === at) return [];
    return [{ pointer, detail: t("This is looked for above already; only one of both can be kept.") }];
  });
}
