/** The tables of a service: its pods, its errors, its requests, what happened, its settings. */

import {attribute, el, text} from "./dom.js";
import {age, clock, count, duration, plural} from "./format.js";
import {meter, showMeter} from "./parts.js";
import {table} from "./table.js";

const known = (value, write) => (value === null ? "–" : write(value));

/** Words with small ones below. */
const both = (head, words, below, more = {}) => ({
  head,
  ...more,
  make: cell => cell.append(el("span", {class: "first"}), el("span", {class: "small quiet"})),
  update: (cell, item) => {
    text(cell.children[0], words(item));
    text(cell.children[1], below(item));
  },
});

const POD_STATES = {new: "slow start", held: "held", draining: "draining"};

/** `now()` is unix time, `target()` the threshold of CPU. */
export const pods = (now, target) =>
  table({
    label: "Pods",
    none: "There is no pod.",
    key: pod => `${pod.name} ${pod.address}`,
    mark: (row, pod) => attribute(row, "data-pod", pod.state),
    columns: [
      both(
        "Pod",
        pod => pod.name || pod.address,
        pod => (pod.name ? pod.address : ""),
        {name: "who"},
      ),
      both(
        "State",
        pod => POD_STATES[pod.state] ?? pod.state,
        pod => why(pod, now()),
        {name: "podstate"},
      ),
      {head: "Age", number: true, value: pod => known(pod.started, at => age(now() - at))},
      {head: "In flight", number: true, value: pod => count(pod.in_flight)},
      {
        head: "CPU",
        number: true,
        make: cell => cell.append(el("span"), meter()),
        update: (cell, pod) => {
          text(
            cell.children[0],
            known(pod.cpu_pct, pct => `${count(pct)} %`),
          );
          showMeter(cell.children[1], pod.cpu_pct, target());
          cell.children[1].hidden = pod.cpu_pct === null;
        },
      },
      {head: "Counts as", value: pod => pod.class ?? "–"},
    ],
  });

function why({why: words, until}, now) {
  const rest = until === null ? "" : `back in ${age(until - now)}`;
  return [words, rest].filter(Boolean).join("; ");
}

export const errors = () =>
  table({
    label: "Errors by reason",
    none: "No request has failed.",
    key: error => error.reason,
    mark: (row, error) => attribute(row, "data-quiet", error.recent === 0),
    columns: [
      {head: "Reason", value: error => error.reason.replaceAll("_", " ")},
      {head: "Last 15 min", number: true, value: error => count(error.recent)},
      {head: "Since the start", number: true, value: error => count(error.count)},
    ],
  });

/** Requests that failed or were slow; both tables are read alike. */
export const requests = (label, none) =>
  table({
    label,
    none,
    key: one => `${one.request_id} ${one.at}`,
    first: 5,
    columns: [
      {head: "Time", value: one => clock(one.at)},
      both("Request", one => `${one.method} ${one.path}`, traces, {name: "path"}),
      both(
        "Answer",
        one => String(one.status || "none"),
        one => one.reason.replaceAll("_", " "),
      ),
      {head: "First byte", number: true, value: one => duration(one.first_byte_s)},
      both(
        "Duration",
        one => duration(one.duration_s),
        one => (one.queue_s >= 0.001 ? `waited ${duration(one.queue_s)}` : ""),
        {number: true},
      ),
    ],
  });

const traces = ({pod, address, retries, request_id: id}) =>
  [pod || address, retries ? plural(retries, "more try", "more tries") : "", id ? `id ${id}` : ""]
    .filter(Boolean)
    .join(" · ");

export const events = () =>
  table({
    label: "Events",
    none: "Nothing happened since this gateway began.",
    key: one => `${one.at} ${one.kind} ${one.words}`,
    first: 8,
    mark: (row, one) => attribute(row, "data-warning", one.warning),
    columns: [
      {head: "Time", value: one => clock(one.at)},
      both(
        "Event",
        one => one.words,
        one => `${one.source} · ${one.kind.replaceAll("_", " ")}`,
      ),
    ],
  });

const LAYERS = {
  default: "default",
  environment: "scaler's environment",
  defaults: "scaler's defaults",
  definition: "definition",
};

export const settings = () =>
  table({
    label: "Settings",
    none: "The scaler has not told them.",
    key: one => one.name,
    mark: (row, one) => attribute(row, "data-quiet", one.layer === "default"),
    columns: [
      {head: "Setting", value: one => one.name},
      {head: "Value", value: one => one.value},
      {head: "From", value: one => LAYERS[one.layer] ?? one.layer},
    ],
  });
