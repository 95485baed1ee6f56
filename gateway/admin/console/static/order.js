/** Which services are shown, and in which order. Pure; a service is its row with its name. */

/** States, the one that needs a look first. */
export const STATES = ["failing", "starting", "ready", "asleep", "stopped"];

const NAME = new Intl.Collator("en", {numeric: true});
const byName = (one, other) => NAME.compare(one.name, other.name);
const by = number => (one, other) => number(one) - number(other);

/** What can be sorted by: how two services compare, smallest first. */
export const COLUMNS = {
  name: byName,
  state: by(one => STATES.indexOf(one.state)),
  requests: by(one => one.requests_1m),
  latency: by(one => one.p99_s ?? -1),
  flight: by(one => one.in_flight + one.waiting),
  cpu: by(one => one.cpu_pct ?? -1),
  replicas: by(one => one.replicas.ready),
  decision: by(one => one.decision?.at ?? 0),
};

/** Columns that begin with the smallest; all others begin with the largest. */
export const RISING = new Set(["name", "state"]);

/** The order before anybody asked for one: what needs a look comes first. */
export const FIRST = Object.freeze({words: "", state: "", column: "state", descending: false});

/** Whether a service is one of those asked for, by words and by a state. */
export const matches = (service, {words, state}) =>
  (!state || service.state === state) &&
  words
    .toLowerCase()
    .split(/\s+/)
    .every(
      word => service.name.toLowerCase().includes(word) || service.why.toLowerCase().includes(word),
    );

/** Names in the order asked for; the name decides between equals, so that the order is one. */
export function arranged(services, wish) {
  const compare = COLUMNS[wish.column],
    sign = wish.descending ? -1 : 1;
  return services
    .filter(service => matches(service, wish))
    .sort((one, other) => sign * compare(one, other) || byName(one, other))
    .map(service => service.name);
}

/** The names shown, and after them those that came since: nothing moves under a reader's eyes. */
export function grown(names, services, wish) {
  const known = new Set(names);
  const come = services.filter(service => !known.has(service.name) && matches(service, wish));
  return [...names, ...come.sort(byName).map(service => service.name)];
}

/** A wish as the fragment of an address, and back; what is not understood is left out. */
export function fragment(wish) {
  const parts = new URLSearchParams();
  if (wish.words) parts.set("q", wish.words);
  if (wish.state) parts.set("state", wish.state);
  if (wish.column !== FIRST.column || wish.descending) {
    parts.set("sort", (wish.descending ? "-" : "") + wish.column);
  }
  return `#${parts}`;
}

export function wished(fragment) {
  const parts = new URLSearchParams(fragment.slice(1));
  const sort = parts.get("sort") ?? "",
    column = sort.replace(/^-/, "");
  const known = Object.hasOwn(COLUMNS, column);
  return {
    words: parts.get("q") ?? "",
    state: STATES.includes(parts.get("state")) ? parts.get("state") : "",
    column: known ? column : FIRST.column,
    descending: known && sort.startsWith("-"),
  };
}
