/** The columns of the overview: what a row says of a service. */

import {attribute, el, text} from "./dom.js";
import {count, duration} from "./format.js";
import {bounds, called, meter, replicas, showAgo, showMeter, showState, state} from "./parts.js";
import {draw, sparkline} from "./sparkline.js";

const small = (...classes) => el("span", {class: ["small", ...classes].join(" ")});
const zero = (element, value) => attribute(element, "data-zero", !value);

/** A number, its course of 15 minutes, and words below. */
function course(kind, below) {
  const picture = sparkline();
  if (kind) picture.classList.add(kind);
  return el("span", {class: "course"}, el("span"), picture, small(below));
}

/** A name, which leads to the service. */
const name = {
  head: "Service",
  sort: "name",
  name: "who",
  make: cell => cell.append(el("a")),
  update: (cell, {name}) => {
    const [link] = cell.children;
    text(link, called(name));
    attribute(link, "href", `#service/${encodeURIComponent(name)}`);
  },
};

const condition = {
  head: "State",
  sort: "state",
  name: "what",
  make: cell => cell.append(state(), small("why")),
  update: (cell, service) => {
    const [word, why] = cell.children;
    showState(word, service.gone ? "deleted" : service.state);
    text(why, service.why || service.note);
    attribute(why, "title", service.why || service.note || null);
  },
};

const requests = model => ({
  head: "Requests",
  sort: "requests",
  hint: "of the last minute, and the last 15 minutes",
  make: cell => cell.append(course("", "bad")),
  update: (cell, service) => {
    const [number, picture, failed] = cell.firstChild.children;
    draw(picture, model.course(service.name, "requests"), model.course(service.name, "errors"));
    text(number, service.requests_1m ? `${count(service.requests_1m)}/min` : "0");
    zero(number, service.requests_1m);
    text(failed, service.errors_1m ? `${count(service.errors_1m)} failed` : "");
  },
});

const latency = model => ({
  head: "Latency",
  sort: "latency",
  hint: "99th percentile of the last minute, and 15 minutes",
  make: cell => cell.append(course("latency", "quiet")),
  update: (cell, service) => {
    const [slowest, picture, usual] = cell.firstChild.children;
    draw(picture, model.course(service.name, "p99_s"));
    text(slowest, duration(service.p99_s));
    zero(slowest, service.p99_s);
    text(usual, service.p50_s === null ? "" : `median ${duration(service.p50_s)}`);
  },
});

const flight = {
  head: "In flight",
  sort: "flight",
  number: true,
  make: cell => cell.append(el("span"), small("quiet")),
  update: (cell, service) => {
    const [number, more] = cell.children;
    text(number, count(service.in_flight));
    zero(number, service.in_flight);
    text(
      more,
      [
        service.waiting ? `${count(service.waiting)} waiting` : "",
        service.tunnels ? `${count(service.tunnels)} open` : "",
      ]
        .filter(Boolean)
        .join(", "),
    );
  },
};

const cpu = {
  head: "CPU",
  sort: "cpu",
  hint: "of what pods request; the mark is the threshold",
  make: cell =>
    cell.append(el("span", {class: "figures"}, el("span"), " ", small("quiet")), meter()),
  update: (cell, {cpu_pct: used, cpu_target_pct: target}) => {
    const [figures, bar] = cell.children;
    text(figures.children[0], used === null ? "–" : `${count(used)} %`);
    zero(figures.children[0], used);
    text(figures.children[1], target === null ? "" : `of ${count(target)} %`);
    showMeter(bar, used, target);
    bar.hidden = used === null;
    figures.children[1].hidden = used === null;
  },
};

const size = {
  head: "Replicas",
  sort: "replicas",
  number: true,
  hint: "ready → wanted, and the bounds",
  make: cell => cell.append(el("span"), small("quiet")),
  update: (cell, service) => {
    const [number, within] = cell.children;
    text(number, replicas(service.replicas));
    zero(number, service.replicas.ready || service.replicas.now || service.replicas.wanted);
    text(within, bounds(service.replicas));
  },
};

const decision = model => ({
  head: "Last decision",
  sort: "decision",
  name: "said",
  make: cell => cell.append(el("span", {class: "words"}), small("quiet", "ages")),
  update: (cell, {decision}) => {
    const [words, when] = cell.children;
    text(words, decision?.words ?? "");
    attribute(words, "title", decision?.words ?? null);
    showAgo(when, decision?.at ?? null, model.now(performance.now()));
    when.hidden = !decision;
  },
});

/** Of a service. */
export const columns = model => [
  name,
  condition,
  requests(model),
  latency(model),
  flight,
  cpu,
  size,
  decision(model),
];

/** Of what is no service but has requests too. */
export function systemColumns(model) {
  return [{...name, head: "Part"}, condition, requests(model), latency(model), flight];
}

/** The same of one service, as a list of terms. */
export function tiles(model) {
  const shown = [requests(model), latency(model), flight, cpu, size];
  const values = shown.map(({make}) => {
    const value = el("dd");
    make(value);
    return value;
  });
  return {
    element: el(
      "dl",
      {class: "tiles"},
      shown.map(({head}, i) => el("div", {}, el("dt", {}, head), values[i])),
    ),
    update: service => shown.forEach(({update}, i) => update(values[i], service)),
  };
}
