/** What a reader asks of the overview: words, a state, an order. */

import {attribute, el, text} from "./dom.js";
import {count} from "./format.js";
import {STATES} from "./order.js";

/** What can be sorted by, in words. */
export const ORDERS = {
  state: "what needs a look",
  name: "name",
  requests: "requests",
  latency: "latency",
  flight: "in flight",
  cpu: "CPU",
  replicas: "replicas",
  decision: "last decision",
};

/** The row of tools; `asked(change)` is called with what changes of the wish. */
export function tools(asked) {
  const chips = ["", ...STATES].map(state => chip(state, () => asked({state})));
  const words = el("input", {
    type: "search",
    id: "words",
    autocomplete: "off",
    spellcheck: "false",
    placeholder: "Name or reason",
    "aria-keyshortcuts": "/",
  });
  words.addEventListener("input", () => asked({words: words.value}));
  const order = el(
    "select",
    {id: "order"},
    Object.entries(ORDERS).map(([value, name]) => el("option", {value}, name)),
  );
  order.addEventListener("change", () => asked({column: order.value}));
  const again = el("button", {type: "button", id: "again"}, "Sort again");
  again.addEventListener("click", () => asked({}));
  return {
    words,
    element: el(
      "div",
      {class: "tools"},
      el("div", {class: "chips", role: "group", "aria-label": "Services by state"}, chips),
      el("div", {class: "search"}, el("label", {for: "words"}, "Filter"), words),
      el("div", {class: "by"}, el("label", {for: "order"}, "Sort by"), order),
      again,
    ),
    /** Show the wish, how many services are in each state, and whether the order is of before. */
    update(wish, services, stale) {
      for (const button of chips) show(button, wish.state, services);
      if (words.value !== wish.words && document.activeElement !== words) words.value = wish.words;
      order.value = wish.column;
      again.disabled = !stale;
    },
  };
}

function chip(state, pressed) {
  const button = el(
    "button",
    {type: "button", class: "chip", "data-chip": state || "all"},
    el("span", {class: "figure"}),
    state ? el("span", {class: "state", "data-state": state}, state) : el("span", {}, "services"),
  );
  button.addEventListener("click", pressed);
  return button;
}

function show(button, wished, services) {
  const state = button.dataset.chip === "all" ? "" : button.dataset.chip;
  const number = state ? services.filter(one => one.state === state).length : services.length;
  text(button.firstChild, count(number));
  attribute(button, "data-zero", number === 0);
  attribute(button, "aria-pressed", String(wished === state));
}
