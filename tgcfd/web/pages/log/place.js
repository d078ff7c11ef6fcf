// Where in the list somebody is: which rows the window shows, and how it stays there while rows come and go.

const NARROW = matchMedia("(max-width: 40rem)");
const HEIGHTS = { wide: 1.75, narrow: 4.25 }; // of a row in rem; log.css draws them
const BEGINNING = 2.5; // of what stands above the first row

const rem = () => parseFloat(getComputedStyle(document.documentElement).fontSize);

export class Place {
  isPaused = false;
  #feed;
  #box;
  #rows = null; // what was drawn last: the rows, the first one's number, their height, and how far it was scrolled
  #first = 0;
  #height = 0;
  #top = 0;

  constructor(feed, box) {
    this.#feed = feed;
    this.#box = box;
  }

  /** What is to be drawn: how far to scroll, the first row to be seen, the rows `from`, `to`, and their height. */
  look() {
    const { rows } = this.#feed;
    const unit = rem();
    const height = Math.round(unit * (NARROW.matches ? HEIGHTS.narrow : HEIGHTS.wide));
    const above = unit * BEGINNING;
    const window = this.#box.current?.clientHeight ?? 0;
    const most = Math.max(0, above + rows.length * height - window);
    const top = Math.min(most, Math.max(0, this.#wanted(above, height, most)));
    const count = Math.ceil(window / height) + 1; // that are seen at once
    const first = rows.first + Math.max(0, Math.floor((top - above) / height));
    const [from, to] = [Math.max(rows.first, first - count), Math.min(rows.end, first + 2 * count)];
    Object.assign(this, { above, height, count, first });
    return { top, first, from, to, height };
  }

  #wanted(above, height, most) {
    const { rows, state } = this.#feed;
    if (state.value.following || rows !== this.#rows || !this.#box.current) return most;
    const row = (this.#box.current.scrollTop - above) / this.#height + this.#first; // at the upper edge
    return above + (row - rows.first) * height;
  }

  /** After drawing: scroll there, and get what will be seen next. */
  settle(top) {
    const { rows, state } = this.#feed;
    const box = this.#box.current;
    if (Math.abs(box.scrollTop - top) > 1) box.scrollTop = top;
    [this.#rows, this.#first, this.#height, this.#top] = [rows, rows.first, this.height, box.scrollTop];
    this.#feed.eye = this.first + this.count / 2;
    const { stuck } = state.value;
    if (this.first - rows.first < 2 * this.count && stuck !== "older") this.#feed.older();
    if (rows.end - this.first < 3 * this.count && stuck !== "newer") this.#feed.newer();
  }

  scrolled() {
    const box = this.#box.current;
    const moved = box.scrollTop - this.#top;
    const isAtEnd = box.scrollTop >= box.scrollHeight - box.clientHeight - 2;
    this.#top = box.scrollTop;
    if (moved < -1 && !isAtEnd) this.#feed.follow(false);
    else if (moved > 1 && isAtEnd) this.#followAgain();
  }

  /** Somebody begins to scroll up: the next lines must not pull them back. */
  leave() {
    if (this.#box.current.scrollTop > 0) this.#feed.follow(false);
  }

  #followAgain() {
    if (!this.isPaused && this.#feed.state.value.attached) this.#feed.follow(true);
  }

  /** Which row a key leads to from the active one; undefined for other keys. */
  target(key, active) {
    const { rows, state } = this.#feed;
    const last = rows.end - 1;
    const now = active ?? (state.value.following ? last + 1 : this.first);
    const wanted = {
      ArrowUp: now - 1,
      ArrowDown: now + 1,
      PageUp: now - this.count + 2,
      PageDown: now + this.count - 2,
      Home: rows.first,
      End: last,
      Enter: now,
      " ": now,
    }[key];
    if (wanted === undefined) return undefined;
    let number = Math.min(last, Math.max(rows.first, wanted));
    const step = wanted < now ? -1 : 1;
    while (rows.at(number + step) && rows.at(number).kind !== "line") number += step;
    return number;
  }

  /** Scroll so far that a row is seen. */
  reveal(number) {
    const { rows } = this.#feed;
    const box = this.#box.current;
    const y = this.above + (number - rows.first) * this.height;
    if (number === rows.end - 1) this.#followAgain();
    else this.#feed.follow(false);
    if (number === rows.first) box.scrollTop = 0;
    else if (y < box.scrollTop) box.scrollTop = y;
    else if (y + this.height > box.scrollTop + box.clientHeight) box.scrollTop = y + this.height - box.clientHeight;
  }
}
