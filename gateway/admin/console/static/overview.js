/** The overview: a row for each service, in an order that changes only when it is asked to. */

import {attribute, el, text} from "./dom.js";
import {columns, systemColumns} from "./columns.js";
import {count, plural} from "./format.js";
import {gatewayLine} from "./gateway.js";
import {FIRST, RISING, arranged, fragment, grown, wished} from "./order.js";
import {pager} from "./pager.js";
import {table} from "./table.js";
import {ORDERS, tools} from "./tools.js";

export class Overview {
  title = "Services";
  #model;
  #say;
  #wish = FIRST;
  #names = [];
  #seen = new Map();
  #line = gatewayLine();
  #pager = pager(() => this.update(true));
  #tools;
  #table;
  #system;

  /** `say(words)` tells whoever listens to the page. */
  constructor(model, say) {
    this.#model = model;
    this.#say = say;
    this.#tools = tools(change => this.#asked(change));
    this.#table = table({
      label: "Services",
      columns: columns(model),
      key: one => one.name,
      mark,
      none: "No service is like that.",
      sorted: column => this.#sorted(column),
    });
    this.#system = table({
      label: "System",
      columns: systemColumns(model),
      key: one => one.name,
      mark,
    });
    this.element = el(
      "section",
      {class: "overview", "aria-label": "Overview"},
      el("h1", {class: "unseen"}, "Services"),
      this.#tools.element,
      this.#line.element,
      this.#table.element,
      this.#pager.element,
      el("h2", {class: "apart"}, "System"),
      el("div", {class: "system"}, this.#system.element),
    );
  }

  /** Take the wish of an address. */
  enter(address) {
    this.#wish = wished(address);
    this.#arrange();
  }

  /** The address of what is shown, to come back to. */
  get address() {
    return fragment(this.#wish);
  }

  /** A key that is meant for the page and no field. */
  key(key) {
    if (key === "/") this.#tools.words.focus();
    return key === "/";
  }

  update() {
    const model = this.#model;
    if (!model.gateway) return;
    const services = [...model.services.values()];
    for (const one of services) this.#seen.set(one.name, one);
    this.#names = this.#names.length
      ? grown(this.#names, services, this.#wish)
      : arranged(services, this.#wish);
    const wanted = arranged(services, this.#wish);
    const stale =
      wanted.length !== this.#names.length || wanted.some((name, i) => name !== this.#names[i]);
    this.#tools.update(this.#wish, services, stale);
    this.#line.update(model.gateway, model.now(performance.now()));
    this.#table.order(this.#wish.column, this.#wish.descending);
    this.#table.update(
      this.#pager
        .part(this.#names)
        .map(name => model.services.get(name) ?? {...this.#seen.get(name), gone: true}),
    );
    this.#system.update([...model.system.values()]);
  }

  #asked(change) {
    const rising = RISING.has(change.column);
    const order = change.column && change.column !== this.#wish.column ? {descending: !rising} : {};
    this.#wish = {...this.#wish, ...order, ...change};
    history.replaceState(null, "", this.address);
    this.#arrange();
    this.#say(this.#told());
  }

  #sorted(column) {
    const same = column === this.#wish.column;
    this.#asked({column, descending: same ? !this.#wish.descending : !RISING.has(column)});
  }

  #arrange() {
    this.#seen.clear();
    this.#names = arranged([...this.#model.services.values()], this.#wish);
    this.#pager.first();
    this.update();
  }

  #told() {
    const {column, descending} = this.#wish;
    const all = this.#model.services.size;
    const ways = RISING.has(column) ? ["", ", reversed"] : [", smallest first", ", largest first"];
    const shown = `${count(this.#names.length)} of ${plural(all, "service")}`;
    return `${shown}, sorted by ${ORDERS[column]}${ways[Number(descending)]}`;
  }
}

function mark(row, service) {
  attribute(row, "data-state", service.gone ? "stopped" : service.state);
  attribute(row, "data-quiet", service.quiet || service.gone);
  attribute(row, "data-old", service.old);
}
