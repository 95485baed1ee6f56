/** The line of the gateway itself: ready, whose routes, which scaler. */

import {attribute, el, keyed, text} from "./dom.js";
import {ago, clock, count, plural} from "./format.js";

/** A list that is updated with the gateway's numbers and the time now. */
export function gatewayLine() {
  const list = el("ul", {class: "facts", "aria-label": "This gateway"});
  return {
    element: list,
    update: (gateway, now) =>
      keyed(
        list,
        facts(gateway, now),
        fact => fact.key,
        () => el("li"),
        (item, fact) => {
          text(item, fact.words);
          attribute(item, "data-bad", fact.bad);
        },
      ),
  };
}

/** What is to be said of a gateway: `{key, words, bad}`, the troubles among it marked. Pure. */
export function facts(gateway, now) {
  const {scaler} = gateway,
    ready = gateway.state === "ready";
  const because = gateway.why ? `: ${gateway.why}` : "";
  return [
    {key: "state", words: `gateway ${ready ? "ready" : "not ready"}${because}`, bad: !ready},
    table(gateway, now),
    ...scaling(scaler),
    {key: "connections", words: plural(gateway.connections, "connection")},
    gateway.workers_silent && {
      key: "silent",
      bad: true,
      words:
        `${gateway.workers_silent} of ${plural(gateway.workers, "worker")} silent: ` +
        "their numbers are missing",
    },
    gateway.invalid_count && {
      key: "invalid",
      bad: true,
      words: `${plural(gateway.invalid_count, "definition")} not taken: ${named(gateway)}`,
    },
  ].filter(Boolean);
}

/** Which gateway shows this page, and of how many. Pure. */
export function whose({name, workers, scaler}) {
  const parts = [name];
  if (workers > 1) parts.push(plural(workers, "worker"));
  if (scaler.gateways > 1)
    parts.push(`one of ${count(scaler.gateways)} gateways: requests of this one`);
  return parts.join(" · ");
}

function table({table_confirmed: at, table_stale: stale}, now) {
  if (stale)
    return {
      key: "table",
      bad: true,
      words: "routes are the last known ones: the API server does not answer",
    };
  return {
    key: "table",
    bad: at === null,
    words: at === null ? "routes not read yet" : `routes confirmed ${ago(now - at)}`,
  };
}

function scaling({connected, since, name, source, gateways, gateways_silent: silent}) {
  if (!connected) {
    const before = since === null ? "" : ` since ${clock(since)}`;
    return [
      {
        key: "scaler",
        bad: true,
        words: `no scaler connected${before}: CPU, sizes and decisions are old`,
      },
    ];
  }
  const by = name ? `scaler ${name} connected` : "scaler connected";
  return [
    {key: "scaler", words: source ? `${by}, CPU by ${source}` : by},
    silent > 0 && {
      key: "gateways",
      bad: true,
      words: `the scaler hears ${gateways - silent} of ${gateways} gateways`,
    },
  ];
}

function named({invalid, invalid_count: all}) {
  const rest = all - invalid.length;
  return invalid.join(", ") + (rest > 0 ? ` and ${count(rest)} more` : "");
}
