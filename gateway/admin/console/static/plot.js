/** One chart of courses that share a scale, with the values of a moment beside their names. */

import {attribute, el, svg, text} from "./dom.js";
import {paths, runs} from "./sparkline.js";

const WIDTH = 900;
const HEIGHT = 100;
/** The scale ends so far above the largest value, for its line to be seen; CSS has the same. */
const ROOM = 1.12;

/**
 * A chart of `series`, each `{key, name, kind}`, where kind is `line`, or for values that hold until
 * the next one `step`, `dashes` or `area`. `shown(value)` writes a value, `least` is the lowest top
 * of the scale, and `level` the name of a line across.
 */
export class Plot {
  #wish;
  #shapes;
  #values;
  #across = svg("line", {class: "level", x1: 0, x2: WIDTH, hidden: true});
  #cursor = svg("line", {class: "cursor", y1: 0, y2: HEIGHT});
  #limit = el("b");
  #top = el("span", {class: "top", "aria-hidden": "true"});

  constructor({title, series, shown, least = 1, level = null}) {
    this.#wish = {series, shown, least};
    this.#shapes = series.map(({kind}, i) => svg("path", {class: `${kind} course-${i}`}));
    this.#values = series.map(() => el("b"));
    const names = series.map(({name, kind}, i) =>
      el("li", {class: `key ${kind} course-${i}`}, `${name} `, this.#values[i]),
    );
    if (level) names.push(el("li", {class: "key across"}, `${level} `, this.#limit));
    const view = {viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none"};
    const hidden = {"aria-hidden": "true", focusable: "false"};
    const picture = svg("svg", {...view, ...hidden}, this.#shapes, this.#across, this.#cursor);
    const caption = el("figcaption", {}, el("h3", {}, title), el("ul", {class: "keys"}, names));
    this.field = el("div", {class: "field"}, picture, this.#top);
    this.element = el("figure", {class: "plot"}, caption, this.field);
  }

  /** Draw lists of `courses` by key, with the values at `index` and a line across at `height`. */
  update(courses, index, height = null) {
    const {series, shown, least} = this.#wish;
    const most = Math.max(least, height ?? 0, ...series.flatMap(({key}) => courses[key]));
    series.forEach(({key, kind}, i) => {
      attribute(this.#shapes[i], "d", shape(kind, courses[key], ROOM * most) || null);
      text(this.#values[i], shown(courses[key][index] ?? null));
    });
    const y = HEIGHT * (1 - (height ?? 0) / (ROOM * most));
    for (const end of ["y1", "y2"]) attribute(this.#across, end, y);
    attribute(this.#across, "hidden", height === null);
    const x = (WIDTH * index) / Math.max(1, courses[series[0].key].length - 1);
    for (const end of ["x1", "x2"]) attribute(this.#cursor, end, x.toFixed(1));
    text(this.#limit, shown(height));
    text(this.#top, shown(most));
  }

  /** What is seen at `index`, for those who do not see it. */
  told(courses, index) {
    const {series, shown} = this.#wish;
    const value = ({key, name}) => `${name} ${shown(courses[key][index] ?? null)}`;
    return series.map(value).join(", ");
  }
}

function shape(kind, values, top) {
  const {area, line} = paths(kind === "line" ? values : steps(values), WIDTH, HEIGHT, top);
  return kind.startsWith("area") ? area : line;
}

/** Values that hold until the next one, as points close enough to look so. */
export function steps(values) {
  const fine = 8;
  const found = Array((values.length - 1) * fine + 1).fill(null);
  for (const [start, end] of runs(values)) {
    for (let i = start * fine; i <= (end - 1) * fine; i += 1) {
      found[i] = values[Math.floor(i / fine)];
    }
  }
  return found;
}
