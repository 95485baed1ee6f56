/** The last minutes of a service, as charts under one another that share a moment. */

import {attribute, el, text} from "./dom.js";
import {clock, count, duration, figure} from "./format.js";
import {Marks} from "./marks.js";
import {padded, span} from "./model.js";
import {Plot} from "./plot.js";

const known = write => value => (value === null ? "–" : write(value));
const percent = value => `${count(value)} %`;

const CHARTS = [
  {
    title: "Size",
    shown: known(figure),
    least: 2,
    series: [
      {key: "replicas", name: "replicas", kind: "area"},
      {key: "wanted", name: "target", kind: "step"},
      {key: "asked", name: "demand", kind: "dashes"},
    ],
  },
  {
    title: "CPU",
    shown: known(percent),
    least: 100,
    level: "threshold",
    series: [{key: "cpu_pct", name: "of requested", kind: "line"}],
  },
  {
    title: "Requests in 10 s",
    shown: known(count),
    series: [
      {key: "requests", name: "all", kind: "area"},
      {key: "errors", name: "failed", kind: "area bad"},
    ],
  },
  {
    title: "First byte",
    shown: duration,
    least: 0.01,
    series: [
      {key: "p50_s", name: "median", kind: "line"},
      {key: "p99_s", name: "99 %", kind: "line"},
    ],
  },
  {
    title: "In flight",
    shown: known(figure),
    least: 1,
    series: [
      {key: "in_flight", name: "in flight", kind: "area"},
      {key: "waiting", name: "waiting", kind: "line"},
    ],
  },
];

/** The charts; a pointer over one, or the slider, says which moment their numbers are of. */
export class Timeline {
  #plots = CHARTS.map(chart => new Plot(chart));
  #marks = new Marks();
  #slider = el("input", {type: "range", min: 0, max: 0, "aria-label": "Moment"});
  #moment = el("output", {class: "moment"});
  #title = el("h2");
  #ends = [el("span"), el("span")];
  /** What is drawn: the courses, the threshold, and the time of each point. */
  #drawn = null;
  #newest = true;

  constructor() {
    const [first, ...others] = this.#plots.map(one => one.element);
    this.#plots[0].field.append(this.#marks.element);
    this.#slider.addEventListener("input", () => this.#look(this.#slider.value));
    for (const {field} of this.#plots) {
      field.addEventListener("pointermove", event => this.#pointed(field, event.clientX));
      field.addEventListener("pointerleave", () => this.#look(this.#slider.max));
    }
    this.element = el(
      "section",
      {class: "timeline", "aria-label": "The last minutes"},
      el("header", {}, this.#title, this.#moment),
      first,
      el("div", {class: "axis"}, this.#ends[0], this.#slider, this.#ends[1]),
      el("div", {class: "others"}, others),
    );
  }

  update({timeline: line, events, cpu_target_pct: target}) {
    const courses = aligned(line),
      points = courses.replicas.length;
    const times = at => line.ends - (points - 1 - at) * line.period_s;
    this.#drawn = {courses, target, times};
    this.#slider.max = points - 1;
    if (this.#newest) this.#slider.value = points - 1;
    text(this.#title, `The last ${Math.round((points * line.period_s) / 60)} minutes`);
    text(this.#ends[0], clock(times(0)));
    text(this.#ends[1], clock(line.ends));
    this.#marks.update(events, times(0), line.ends);
    this.#show();
  }

  #pointed(field, x) {
    const {left, width} = field.getBoundingClientRect();
    this.#look(Math.round(((x - left) / width) * this.#slider.max));
  }

  #look(at) {
    this.#slider.value = at;
    this.#newest = this.#slider.value === this.#slider.max;
    this.#show();
  }

  #show() {
    if (!this.#drawn) return;
    const {courses, target, times} = this.#drawn,
      at = Number(this.#slider.value);
    this.#plots.forEach((one, i) => {
      one.update(courses, at, CHARTS[i].level ? target : null);
      one.field.toggleAttribute("data-now", this.#newest);
    });
    text(this.#moment, this.#newest ? "the last 10 s" : `${clock(times(at))} UTC`);
    const told = this.#plots.map(one => one.told(courses, at)).join("; ");
    attribute(this.#slider, "aria-valuetext", `${clock(times(at))}: ${told}`);
  }
}

/** The courses with as many points each, the last ones in the same place. Pure. */
export function aligned(line) {
  const keys = CHARTS.flatMap(chart => chart.series.map(({key}) => key));
  const lists = keys.map(key => line[key] ?? []);
  return Object.fromEntries(keys.map((key, i) => [key, padded(lists[i], span(lists))]));
}
