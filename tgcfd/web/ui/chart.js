// A small chart of one value over time, by uPlot, with the same in words for who does not see it.
import { html, useEffect, useRef, useState } from "../lib/preact.js";
import { colours } from "../core/colours.js";
import { language, t } from "../core/language.js";

const HEIGHT = 120;
const LIBRARY = new URL("../lib/uPlot.iife.min.js", import.meta.url);
const STYLES = new URL("../lib/uPlot.min.css", import.meta.url);

let fetching;

/** The library, fetched when the first chart is drawn; it is a script of the old kind, which sets window.uPlot. */
function library() {
  fetching ??= new Promise((resolve, reject) => {
    const sheet = Object.assign(document.createElement("link"), { rel: "stylesheet", href: STYLES });
    const script = Object.assign(document.createElement("script"), { src: LIBRARY });
    script.onload = () => resolve(window.uPlot);
    script.onerror = reject;
    document.head.append(sheet, script);
  });
  return fetching;
}

/** `points`: `[time, value]` with the oldest first, null for a gap; `words` says a value. */
export function Chart({ label, points, words }) {
  const place = useRef();
  const chart = useRef(null);
  const shown = useRef();
  shown.current = { points, words };
  const [Library, setLibrary] = useState(null);
  useEffect(() => void library().then((it) => setLibrary(() => it), () => (fetching = undefined)), []);
  useEffect(() => {
    if (!Library) return undefined;
    const box = place.current; // which is forgotten before what looks at it ends
    const draw = () => {
      chart.current?.destroy();
      chart.current = new Library(options(box, shown), asColumns(shown.current.points), box);
    };
    draw();
    const endColours = colours.subscribe(draw);
    const size = new ResizeObserver(() => chart.current?.setSize({ width: box.clientWidth, height: HEIGHT }));
    size.observe(box);
    return () => {
      endColours();
      size.disconnect();
      chart.current?.destroy();
      chart.current = null;
    };
  }, [Library]);
  useEffect(() => chart.current?.setData(asColumns(points)), [points]);
  return html`<figure class="chart">
    <figcaption>${label}</figcaption>
    <div ref=${place} role="img" aria-label="${label}: ${inWords(points, words)}" class="plot"></div>
  </figure>`;
}

const asColumns = (points) => [points.map(([time]) => Date.parse(time) / 1000), points.map(([, value]) => value ?? null)];

function inWords(points, words) {
  const values = points.map(([, value]) => value).filter((value) => typeof value === "number");
  if (!values.length) return t("nothing to show yet");
  return t("now {now}, least {least}, most {most}", {
    now: words(values.at(-1)),
    least: words(Math.min(...values)),
    most: words(Math.max(...values)),
  });
}

const isEmpty = (chart) => chart.data[1].every((value) => value === null);
const lastHour = () => [Date.now() / 1000 - 3600, Date.now() / 1000];

function options(place, shown) {
  const { color: line, borderTopColor } = getComputedStyle(place);
  const grid = { stroke: borderTopColor, width: 1 };
  const text = getComputedStyle(place.parentElement).color;
  const axis = { stroke: text, grid, ticks: { show: false }, font: "12px system-ui" };
  const clock = new Intl.DateTimeFormat(language.value, { timeStyle: "short" });
  return {
    width: place.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { range: lastHour }, y: { range: (_, least, most) => [0, Math.max(most * 1.2, 1)] } },
    axes: [
      { ...axis, values: (_, times) => times.map((time) => clock.format(time * 1000)), space: 80 },
      { ...axis, values: (chart, values) => values.map((value) => (isEmpty(chart) ? "" : shown.current.words(value))), size: 64, space: 30 },
    ],
    series: [
      {},
      {
        stroke: line,
        width: 2,
        fill: line.replace("rgb(", "rgba(").replace(")", ", 0.13)"),
        points: { show: (chart) => chart.data[0].length === 1 }, // one point makes no line
      },
    ],
  };
}
