/** Decisions on the time line: each tells its sentence when it is pointed at or focused. */

import {attribute, el, keyed, text} from "./dom.js";
import {clock} from "./format.js";

const STEPS = {ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity};

/** Marks for a field of a chart. One of them is in the order of Tab; arrows go to the others. */
export class Marks {
  #list = el("ol", {class: "marks", "aria-label": "Decisions"});
  #tip = el("p", {class: "tip", role: "tooltip", id: "tip", hidden: true});
  #shown = null;
  #entry = null;
  element = el("div", {class: "over"}, this.#list, this.#tip);

  /** Show the decisions among `events` between the unix times `start` and `end`. */
  update(events, start, end) {
    keyed(
      this.#list,
      decided(events, start, end),
      one => `${one.at} ${one.to}`,
      () => el("li", {}, this.#button()),
      place,
    );
    const all = this.#buttons;
    if (this.#shown && !all.includes(this.#shown)) this.#hide();
    if (!all.includes(this.#entry)) this.#entry = all.at(-1) ?? null;
    this.#order();
  }

  get #buttons() {
    return [...this.#list.querySelectorAll("button")];
  }

  #button() {
    const button = el("button", {type: "button", class: "mark", "aria-describedby": "tip"});
    for (const kind of ["pointerenter", "focus", "click"]) {
      button.addEventListener(kind, () => this.#show(button));
    }
    button.addEventListener(
      "pointerleave",
      () => document.activeElement === button || this.#hide(),
    );
    button.addEventListener("blur", () => this.#hide());
    button.addEventListener("keydown", event => this.#key(button, event));
    return button;
  }

  #key(button, event) {
    if (event.key === "Escape") this.#hide();
    if (!(event.key in STEPS)) return;
    event.preventDefault();
    const all = this.#buttons,
      to = all.indexOf(button) + STEPS[event.key];
    this.#entry = all[Math.max(0, Math.min(to, all.length - 1))];
    this.#order();
    this.#entry.focus();
  }

  #order() {
    for (const one of this.#buttons) one.tabIndex = one === this.#entry ? 0 : -1;
  }

  #show(button) {
    this.#shown = button;
    text(this.#tip, button.dataset.words);
    this.#tip.hidden = false;
    const room = this.#list.clientWidth - this.#tip.offsetWidth;
    const left = Math.min(button.parentElement.offsetLeft - 24, room);
    this.#tip.style.left = `${Math.max(0, left)}px`;
  }

  #hide() {
    this.#shown = null;
    this.#tip.hidden = true;
  }
}

function place(item, {at, from, to, words, share}) {
  const [button] = item.children;
  item.style.left = `${100 * share}%`;
  attribute(button, "aria-label", `${clock(at)}: ${from} to ${to}`);
  attribute(button, "data-words", `${clock(at)} · ${words}`);
  attribute(button, "data-way", to > from ? "up" : "down");
}

/** The decisions among `events` between two times, oldest first, each with its share of the way. */
export const decided = (events, start, end) =>
  events
    .filter(({at, to}) => to !== null && at >= start && at <= end)
    .map(event => ({...event, share: (event.at - start) / (end - start)}))
    .sort((one, other) => one.at - other.at);
