/** A course of values as a small picture; what it says is beside it in numbers. */

import {attribute, svg} from "./dom.js";

export const WIDTH = 120;
export const HEIGHT = 24;
const AIR = 2;

/** An empty sparkline, for `draw`. */
export const sparkline = () =>
  svg(
    "svg",
    {
      class: "spark",
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      preserveAspectRatio: "none",
      "aria-hidden": "true",
      focusable: "false",
    },
    svg("path", {class: "area"}),
    svg("path", {class: "line"}),
    svg("path", {class: "bad"}),
  );

/**
 * Draw `values`, oldest first, and those `bad` among them; null is a gap. A course of nothing but
 * zeros is a quiet line.
 */
export function draw(picture, values, bad = []) {
  const {area, line} = paths(values);
  const [under, over, wrong] = picture.children;
  attribute(under, "d", area || null);
  attribute(over, "d", line || null);
  const failed = bad.some(value => value > 0);
  attribute(wrong, "d", failed ? bars(bad, Math.max(...values)) : null);
  attribute(picture, "data-quiet", !values.some(value => value > 0));
}

/** A bar for each value that is not zero. Pure. */
function bars(values, top) {
  const step = WIDTH / (values.length - 1);
  const bar = (value, i) => {
    const high = 2 + (value / top) * (HEIGHT - 2 - AIR);
    return `M${round((i - 0.5) * step)} ${HEIGHT}v${-round(high)}h${round(step)}V${HEIGHT}Z`;
  };
  return values.map((value, i) => (value > 0 ? bar(value, i) : "")).join("");
}

/** The two paths of `values`, drawn into `width` by `height`. Pure. */
export function paths(values, width = WIDTH, height = HEIGHT, top = Math.max(0, ...values)) {
  const step = values.length > 1 ? width / (values.length - 1) : width;
  const y = value => round(height - AIR / 2 - (top ? value / top : 0) * (height - AIR));
  let area = "",
    line = "";
  for (const [start, end] of runs(values)) {
    const points = values
      .slice(start, end)
      .map((value, i) => [round((start + i) * step), y(value)]);
    if (points.length === 1) points.push([points[0][0] + 1, points[0][1]]);
    const along = points.map(point => point.join(" ")).join("L");
    line += `M${along}`;
    area += `M${points[0][0]} ${height}L${along}L${points.at(-1)[0]} ${height}Z`;
  }
  return {area, line};
}

/** Where values are known: pairs of a first and an after-last index. */
export function runs(values) {
  const found = [];
  let start = -1;
  for (let i = 0; i <= values.length; i += 1) {
    const known = i < values.length && values[i] !== null && values[i] !== undefined;
    if (known && start < 0) start = i;
    if (!known && start >= 0) {
      found.push([start, i]);
      start = -1;
    }
  }
  return found;
}

const round = number => Math.round(number * 10) / 10;
