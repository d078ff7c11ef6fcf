// The list of lines: of 100,000 rows, only those near the window are in the document.
import { html, useEffect, useLayoutEffect, useReducer, useRef, useState } from "../../lib/preact.js";
import { t } from "../../core/language.js";
import { DAY, asText, told } from "./line.js";
import { Row, idOf } from "./row.js";
import { Place } from "./place.js";

/** `feed`: what is shown; `q`: what is marked in it; `onOpen(line)`: somebody wants to see all of a line. */
export function List({ feed, q, paused, onOpen }) {
  const box = useRef();
  const [place] = useState(() => new Place(feed, box));
  const [active, setActive] = useState(null);
  useDrawn(feed, box);
  place.isPaused = paused;
  const { rows } = feed;
  const { begins, moving } = feed.state.value;
  const { top, first, from, to, height } = place.look();
  useLayoutEffect(() => place.settle(top));
  useStopAtSelection(feed, box);

  function move(event) {
    const target = place.target(event.key, active);
    if (target === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    if (event.key === "Enter" || event.key === " ") return open(active);
    setActive(target);
    place.reveal(target);
  }

  function open(number) {
    const line = rows.at(number);
    if (line?.kind === "line") onOpen(line);
  }

  function press(event) {
    const number = rowOf(event.target);
    if (number === null || !getSelection().isCollapsed) return; // what is selected is to be copied
    setActive(number);
    open(number);
  }

  /** Whole lines, from what the page holds: what the document holds of them is cut to what can be seen. */
  function copy(event) {
    const { anchorNode, focusNode, isCollapsed } = getSelection();
    const ends = isCollapsed ? [active, active] : [rowOf(anchorNode), rowOf(focusNode)];
    if (ends.includes(null) || (!isCollapsed && ends[0] === ends[1])) return;
    const [begin, end] = [Math.min(...ends), Math.max(...ends)];
    const lines = Array.from({ length: end - begin + 1 }, (_, at) => rows.at(begin + at)).filter(Boolean);
    event.clipboardData.setData("text/plain", asText(lines));
    event.preventDefault();
  }

  const shown = Array.from({ length: Math.max(0, to - from) }, (_, at) => from + at);
  const day = rows.at(first) ?? rows.at(rows.first);
  return html`<p class="where" aria-hidden="true">${day?.at ? told(day.at, DAY) : "\u00a0"}</p>
    <div
      ref=${box}
      class="box"
      role="listbox"
      tabindex="0"
      aria-label=${t("Lines of the log")}
      aria-activedescendant=${active !== null && active >= from && active < to ? idOf(active) : undefined}
      style=${{ "--row": `${height}px` }}
      onScroll=${() => place.scrolled()}
      onWheel=${(event) => event.deltaY < 0 && place.leave()}
      onKeyDown=${move}
      onClick=${press}
      onCopy=${copy}
    >
      <div role="presentation" class="beginning">${beginning(begins, moving, q)}</div>
      <div role="presentation" style=${{ height: `${rows.length * height}px` }}>
        <div role="presentation" style=${{ transform: `translateY(${(from - rows.first) * height}px)` }}>
          ${shown.map(
            (number) => html`<${Row} key=${number} row=${rows.at(number)} number=${number} q=${q} active=${number === active} />`,
          )}
        </div>
      </div>
    </div>`;
}

function beginning(begins, moving, q) {
  if (moving === "older") return t("Loading older lines…");
  if (!begins) return "";
  return q ? t("Nothing older matches") : t("The log begins here");
}

function rowOf(node) {
  const element = node instanceof Element ? node : node?.parentElement;
  const number = element?.closest("[data-row]")?.dataset.row;
  return number === undefined ? null : Number(number);
}

/** Draw when there is something new, or the window is another; once a frame at most, but at first as soon as its size is known. */
function useDrawn(feed, box) {
  const [, draw] = useReducer((count) => count + 1, 0);
  useLayoutEffect(() => {
    let due = 0;
    const soon = () => (due ||= requestAnimationFrame(() => draw((due = 0))));
    const size = new ResizeObserver(soon);
    size.observe(box.current);
    box.current.addEventListener("scroll", soon);
    const end = feed.state.subscribe(soon);
    draw();
    return () => {
      cancelAnimationFrame(due);
      size.disconnect();
      box.current?.removeEventListener("scroll", soon);
      end();
    };
  }, [feed]);
}

/** Lines that are being selected stay where they are. */
function useStopAtSelection(feed, box) {
  useEffect(() => {
    const look = () => {
      const { anchorNode, isCollapsed } = getSelection();
      if (!isCollapsed && box.current?.contains(anchorNode)) feed.follow(false);
    };
    document.addEventListener("selectionchange", look);
    return () => document.removeEventListener("selectionchange", look);
  }, [feed]);
}
