// A message that somebody thinks up, and what tgcf makes of it with the plugins as they stand on the page.
import { html, useEffect, useRef, useState } from "../../lib/preact.js";
import { Problem, post } from "../../core/api.js";
import { said, t } from "../../core/language.js";
import { useStore } from "../../core/store.js";
import { draft } from "../../form/draft.js";
import { partOf } from "../../form/schema.js";
import { withPlugins } from "../../form/stored.js";
import { Choice, Field, Labelled } from "../../ui/field.js";
import { Form, useError } from "../../ui/form.js";

/** The settings that a trial depends on, to be compared. */
const settings = (config) => withPlugins({}, config);

export function Trial() {
  const { mine } = useStore(draft);
  const [outcome, setOutcome] = useState(null);
  const place = useRef();
  useEffect(() => outcome && place.current.scrollIntoView({ block: "nearest" }), [outcome]);
  const kinds = partOf("/plugins/filter/files/blacklist").items.oneOf.map((one) => [one.const, said(one.title)]);
  async function send(message) {
    setOutcome(null);
    try {
      const answer = await post("/api/config/preview", withPlugins(message, mine), { type: "application/json" });
      setOutcome({ ...answer, of: settings(mine) });
    } catch (problem) {
      if (problem.code !== "config_invalid") throw problem;
      const detail = t("The plugins cannot be tried as they are: {detail}", { detail: said(problem.errors[0].detail) });
      throw new Problem({ code: problem.code, detail });
    }
  }
  return html`<section class="card trial" aria-labelledby="plugin-trial" onInput=${() => setOutcome(null)}>
    <h2 id="plugin-trial" tabindex="-1">${t("Try it")}</h2>
    <p class="help">${t("What tgcf would make of a message, with the plugins as they stand above. Nothing is sent or saved.")}</p>
    <${Form} onSend=${send} submit=${t("Try it")} kind="outline">
      <${Message} />
      <div class="pair">
        <${Choice} name="file" label=${t("What comes with it")} value="nofile" options=${kinds} />
        <${Field} name="sender" label=${t("Sender's id")} help=${t("In digits. Only the filter looks at it.")} inputmode="numeric" maxlength="20" />
      </div>
    <//>
    <div role="status" ref=${place}>${outcome && html`<${Outcome} ...${outcome} isOld=${outcome.of !== settings(mine)} />`}</div>
    ${["mark", "ocr"].some((name) => mine.plugins[name].check) &&
    html`<small>${t("Watermark and text from images are not tried here: they need a real file.")}</small>`}
  </section>`;
}

function Message() {
  const error = useError("/text");
  return html`<${Labelled} label=${t("A message")} help=${t("Bold words and the like with their Markdown signs: **bold**, __italic__.")} error=${error}>
    ${(attributes) => html`<textarea ...${attributes} name="text" rows="3" maxlength="4096" dir="auto"></textarea>`}
  <//>`;
}

const WHY = {
  filter_users: () => t("It is not forwarded: the filter stops it by its sender."),
  filter_files: () => t("It is not forwarded: the filter stops it by what comes with it."),
  filter_text: () => t("It is not forwarded: the filter stops it by its text."),
  empty: () => t("It does not arrive: it has no text and no file, and Telegram takes no such message."),
  too_long: () => t("It does not arrive: Telegram takes 4,096 characters at most, and from most accounts 1,024 with a file."),
};

function Outcome({ refused, text, entities, failed, isOld }) {
  if (isOld) return html`<p class="help">${t("The plugins were changed since. Try it again.")}</p>`;
  const names = failed.map((name) => said(partOf(`/plugins/${name}`).title)).join(", ");
  return html`${names && html`<p class="warning">${t("tgcf leaves out what fails on this message: {names}.", { names })}</p>`}
    ${refused
      ? html`<p class="problem">${(WHY[refused] ?? (() => t("It is not forwarded.")))()}</p>`
      : html`<p>${t("It is forwarded. This arrives:")}</p>
          <div class="bubble" dir="auto">${text ? styled(text, entities) : html`<em>${t("The file, without a text.")}</em>`}</div>`}`;
}

const TAGS = { bold: "strong", italic: "em", strike: "s", code: "code", pre: "code", link: "u" };

/** The text with its bold words and the like. They may overlap, so it is cut wherever one of them begins or ends. */
function styled(text, entities) {
  const ends = entities.flatMap(({ offset, length }) => [offset, offset + length]);
  const cuts = [...new Set([0, ...ends, text.length])].sort((one, other) => one - other);
  return cuts.slice(1).map((end, at) =>
    entities
      .filter(({ offset, length, type }) => offset <= cuts[at] && end <= offset + length && TAGS[type])
      .reduce((inside, { type, url }) => html`<${TAGS[type]} title=${url}>${inside}<//>`, text.slice(cuts[at], end)),
  );
}
