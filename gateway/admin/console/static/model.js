/** All that is known: what the stream told last, and the courses of the last 15 minutes. */

export const POINTS = 90;
/** A gateway that began just now shows a shorter time, not little at the edge of a long one. */
const FEWEST = 30;
const NOTHING = {requests: 0, errors: 0, p50_s: null, p99_s: null};

export class Model {
  /** Unix time of the last message, by the gateway's clock. */
  at = 0;
  gateway = null;
  /** Name → row, with the name in it. */
  services = new Map();
  system = new Map();
  /** The service that is looked at, whole; null until told. */
  detail = null;
  /** The name of the one that is looked at, when it does not exist. */
  gone = null;
  #history = new Map();
  #received = 0;
  #span = FEWEST;

  /** Take in a message of the stream; `received` is when, in milliseconds of any steady clock. */
  apply(kind, data, received) {
    if (data.at) {
      this.at = data.at;
      this.#received = received;
    }
    this[`_${kind}`](data);
  }

  /** Unix time now, by the gateway's clock. */
  now(steady) {
    return this.at + (steady - this.#received) / 1000;
  }

  /** A value of a service in all time that is known, oldest first; null where it is not. */
  course(name, value) {
    return padded(this.#history.get(name)?.map(point => point[value]) ?? [], this.#span);
  }

  _state({gateway, services, system, history}) {
    this.gateway = gateway;
    this.services = new Map();
    this.system = new Map();
    this.#rows({services, system});
    this.#history = new Map(
      Object.entries(history.series).map(([name, series]) => [name, points(series)]),
    );
    this.#span = span([...this.#history.values()]);
  }

  _change({gateway, removed = [], ...rows}) {
    this.gateway = gateway ?? this.gateway;
    this.#rows(rows);
    for (const name of removed) {
      this.services.delete(name);
      this.system.delete(name);
      this.#history.delete(name);
    }
  }

  _point({series}) {
    for (const name of Object.keys(series)) {
      if (!this.#history.has(name)) this.#history.set(name, []);
    }
    for (const [name, known] of this.#history) {
      known.push(series[name] ?? NOTHING);
      if (known.length > POINTS) known.shift();
    }
    this.#span = span([...this.#history.values()]);
  }

  _service(data) {
    this.detail = data;
    this.gone = null;
  }

  _gone({name}) {
    this.detail = null;
    this.gone = name;
  }

  #rows({services = {}, system = {}}) {
    for (const [name, row] of Object.entries(services)) this.services.set(name, {name, ...row});
    for (const [name, row] of Object.entries(system)) this.system.set(name, {name, ...row});
  }
}

/** So many points show all that `lists` know. */
export const span = lists => Math.min(POINTS, Math.max(FEWEST, ...lists.map(list => list.length)));

/** A list of `length` whose last values are those of `values`, and null before. */
export const padded = (values, length) => [
  ...Array(Math.max(0, length - values.length)).fill(null),
  ...values.slice(-length),
];

/** Lists of values as a list of points. */
const points = series =>
  series.requests.map((requests, i) => ({
    requests,
    errors: series.errors[i],
    p50_s: series.p50_s[i],
    p99_s: series.p99_s[i],
  }));
