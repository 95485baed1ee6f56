/** Small things that both pages show: a state, a meter, an age, replicas in words. */

import {attribute, el, text} from "./dom.js";
import {ago, clock, count} from "./format.js";

/** The words of a state, for CSS to put its mark before. */
export const state = () => el("span", {class: "state"});

export function showState(element, name) {
  text(element, name);
  attribute(element, "data-state", name);
}

/** A bar with a mark where the threshold is; the numbers beside it say the same. */
export const meter = () => el("span", {class: "meter", "aria-hidden": "true"}, el("i"), el("b"));

/** Show `percent` of a whole, which a threshold above it makes longer. */
export function showMeter(element, percent, threshold) {
  const [bar, mark] = element.children;
  const whole = Math.max(100, (threshold ?? 0) * 1.25);
  bar.style.width = `${Math.min(100, (100 * (percent ?? 0)) / whole)}%`;
  mark.style.left = `${(100 * (threshold ?? 0)) / whole}%`;
  mark.hidden = threshold === null;
  attribute(element, "data-over", threshold !== null && percent > threshold);
}

/** How long ago `at` was, with the time of day for whoever points at it. */
export function showAgo(element, at, now) {
  text(element, at === null ? "–" : ago(now - at));
  attribute(element, "title", at === null ? null : `${clock(at)} UTC`);
}

/** `2`, `1 of 2 ready`, `2 → 3`: what there is, and what is wanted when that differs. */
export function replicas({ready, now, wanted}) {
  const there =
    now === null || now === ready ? count(ready) : `${count(ready)} of ${count(now)} ready`;
  return wanted === null || wanted === (now ?? ready) ? there : `${there} → ${count(wanted)}`;
}

/** `1–4`; empty when the scaler has not told. */
export const bounds = ({min, max}) => (min === null || max === null ? "" : `${min}–${max}`);

const SYSTEM = {_management: "services API", _unknown: "requests to no service"};

/** The name of a service, or in words what is none. */
export const called = name => SYSTEM[name] ?? name;
