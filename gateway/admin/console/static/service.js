/** The page of one service: how it is, what it did for 15 minutes, and why. */

import {attribute, el, keyed, text} from "./dom.js";
import {call} from "./call.js";
import {tiles} from "./columns.js";
import {age, ago, clock} from "./format.js";
import * as lists from "./lists.js";
import {called, showState, state} from "./parts.js";
import {Timeline} from "./timeline.js";

/** So many sections stand in the wide column. */
const MAIN = 4;

export class ServicePage {
  #model;
  #name;
  #drawn = null;
  #state = state();
  #for = el("span", {class: "for"});
  #why = el("p", {class: "reason"});
  #gone = el("p", {class: "notice", hidden: true});
  #rest = el("div", {class: "rest", hidden: true});
  #tiles;
  #size = el("ul", {class: "size"});
  #line = new Timeline();
  #sections;

  /** `back` is the address of the overview, `say(words)` tells whoever listens. */
  constructor(model, name, back, say) {
    this.#model = model;
    this.#name = name;
    this.title = called(name);
    this.#tiles = tiles(model);
    this.#sections = this.#make(say);
    const stack = part =>
      el(
        "div",
        {class: "stack"},
        part.map(one => one.whole),
      );
    this.#rest.append(
      this.#tiles.element,
      this.#line.element,
      el(
        "div",
        {class: "columns"},
        stack(this.#sections.slice(0, MAIN)),
        stack(this.#sections.slice(MAIN)),
      ),
    );
    this.element = el(
      "article",
      {class: "service", "aria-label": this.title},
      el("p", {}, el("a", {href: back, class: "back"}, "All services")),
      el("header", {class: "title"}, el("h1", {}, this.title), this.#state, this.#for),
      this.#why,
      this.#gone,
      this.#rest,
    );
  }

  get #now() {
    return this.#model.now(performance.now());
  }

  #make(say) {
    const target = () => this.#model.detail?.cpu_target_pct ?? null;
    const now = () => this.#now;
    const size = {
      element: this.#size,
      update: reasons =>
        keyed(
          this.#size,
          reasons,
          one => one.key,
          () => el("li", {}, el("b"), " ", el("span")),
          fact,
        ),
    };
    return [
      section("Why this size", "why-size", size, detail => reasons(detail, this.#now)),
      section("Pods", "pods", lists.pods(now, target), detail => detail.pods),
      section(
        "Failed requests",
        "failed",
        lists.requests("Failed requests", "None of late."),
        detail => detail.failed,
      ),
      section(
        "Slow requests",
        "slow",
        lists.requests("Slow requests", "None waited more than a second for its first byte."),
        detail => detail.slow,
      ),
      section("Call it", "call-it", call(say), detail => detail),
      section("Errors by reason", "errors", lists.errors(), detail => detail.errors),
      section("Events", "events", lists.events(), detail => detail.events),
      section("Settings", "settings", lists.settings(), detail => detail.settings),
    ];
  }

  update() {
    const {detail, gone, services, system} = this.#model;
    const row = detail?.row ?? services.get(this.#name) ?? system.get(this.#name);
    if (row) {
      showState(this.#state, row.state);
      text(this.#for, row.since === null ? "" : `for ${age(this.#now - row.since)}`);
      text(this.#why, row.why || row.note);
      attribute(this.element, "data-state", row.state);
    }
    this.#gone.hidden = gone === null;
    text(this.#gone, gone === null ? "" : `There is no service ${gone} (any more).`);
    this.#rest.hidden = detail === null;
    attribute(this.element, "data-old", row?.old);
    if (detail) this.#show(detail);
  }

  #show(detail) {
    this.#tiles.update({...detail.row, name: this.#name});
    for (const {show} of this.#sections) show(detail);
    attribute(this.#rest, "data-system", this.title !== this.#name);
    if (this.#drawn === detail) return;
    this.#drawn = detail;
    this.#line.update(detail);
  }
}

/** A part under its heading; `of` picks what it shows of a service. */
function section(title, name, part, of) {
  return {
    whole: el(
      "section",
      {class: `part ${name}`, "aria-label": title},
      el("h2", {}, title),
      part.element,
    ),
    show: detail => part.update(of(detail)),
  };
}

function fact(item, {name, words}) {
  text(item.children[0], name);
  text(item.children[1], words);
}

/** What is to be said of a size: the decision, and what holds the service where it is. Pure. */
export function reasons({row, awake, hold, hold_until: until, progress}, now) {
  const {decision, standing, note, old} = row;
  return [
    decision && {
      key: "decision",
      name: `Decided ${ago(now - decision.at)}`,
      words: decision.words,
    },
    !decision && {key: "decision", name: "Decided", words: "no decision is known"},
    standing &&
      standing !== "active" && {key: "standing", name: standing.replaceAll("-", " "), words: note},
    awake && {key: "awake", name: "Awake by", words: awake},
    hold && {key: "hold", name: until ? `Held until ${clock(until)}` : "Held", words: hold},
    progress && {key: "start", name: progress.phase, words: started(progress, now)},
    old && {
      key: "old",
      name: "Old",
      words: "no scaler is connected: this is what the last one said",
    },
  ].filter(Boolean);
}

function started({words, since, usual_s: usual}, now) {
  const so = since ? `for ${age(now - since)}` : "";
  return [words, so, usual === null ? "" : `usually a start takes ${age(usual)}`]
    .filter(Boolean)
    .join(" · ");
}
