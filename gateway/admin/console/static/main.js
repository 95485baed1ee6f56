/** The console: one page for all services and one for each, kept up to date by one stream. */

import {byId, text} from "./dom.js";
import {clock} from "./format.js";
import {whose} from "./gateway.js";
import {Live} from "./live.js";
import {Model} from "./model.js";
import {Overview} from "./overview.js";
import {ServicePage} from "./service.js";
import {themes} from "./theme.js";

const model = new Model();
const main = byId("main");
const overview = new Overview(model, say);
const live = new Live(take, tell);
let page = null;
let since = null;
let drawn = 0;

/** Tell those who listen to the page; a repeated sentence is told again. */
function say(words) {
  byId("told").textContent = "";
  requestAnimationFrame(() => text(byId("told"), words));
}

function take(kind, data) {
  const before = kind === "change" ? model.services : new Map();
  const failed = Object.keys(data.services ?? {}).filter(
    name =>
      before.has(name) &&
      before.get(name).state !== "failing" &&
      data.services[name].state === "failing",
  );
  model.apply(kind, data, performance.now());
  if (failed.length) say(failed.map(name => `${name} is failing`).join(", "));
  draw();
}

function tell(there) {
  const before = since === null;
  if (there) since = null;
  else since ??= model.now(performance.now());
  if (before !== there) say(there ? "live again" : "not live any more");
  draw();
}

/** At most once a frame, and not at all while nobody sees it. */
function draw() {
  drawn ||= requestAnimationFrame(() => {
    drawn = 0;
    show();
  });
}

function show() {
  const old = since !== null;
  const mark = byId("live");
  mark.dataset.live = String(!old && model.gateway !== null);
  text(
    mark,
    model.gateway === null
      ? old
        ? "no connection to the gateway; trying again"
        : "connecting"
      : old
        ? `not live since ${clock(since)} UTC`
        : "live",
  );
  main.dataset.old = String(old);
  main.setAttribute("aria-busy", String(model.gateway === null));
  if (model.gateway) text(byId("whose"), whose(model.gateway));
  page?.update();
}

/** Go where the address says. */
function route() {
  const [, name] = /^#service\/(.+)$/.exec(location.hash) ?? [];
  const first = page === null;
  model.detail = model.gone = null;
  page = name ? new ServicePage(model, decoded(name), overview.address, say) : overview;
  live.look(name ? decoded(name) : "");
  main.replaceChildren(page.element);
  document.title = `${page.title} · Console`;
  if (page === overview) overview.enter(location.hash);
  show();
  if (!first) {
    scrollTo({top: 0});
    main.focus({preventScroll: true});
  }
}

function decoded(name) {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

addEventListener("hashchange", route);
addEventListener("keydown", event => {
  const typing =
    event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (page?.key?.(event.key)) event.preventDefault();
});
document.querySelector(".skip").addEventListener("click", event => {
  event.preventDefault(); // the fragment is the address of the view
  main.focus();
});
setInterval(draw, 1000); // ages go on without a message
themes(byId("theme"));
route();
