/** A long list in parts, so that a thousand services stay as quick as ten. */

import {el, text} from "./dom.js";
import {count} from "./format.js";

export const PAGE = 100;

/** Goes through a list by parts of PAGE; `turned` is called when another part is asked for. */
export function pager(turned) {
  let page = 0;
  const words = el("span");
  const back = el("button", {type: "button"}, "Previous");
  const on = el("button", {type: "button"}, "Next");
  const element = el("nav", {class: "pager", "aria-label": "Pages", hidden: true}, back, words, on);
  const turn = by => {
    page += by;
    turned();
    scrollTo({top: 0});
  };
  back.addEventListener("click", () => turn(-1));
  on.addEventListener("click", () => turn(1));
  return {
    element,
    first: () => {
      page = 0;
    },
    /** The part of `list` that is shown. */
    part(list) {
      const last = Math.max(0, Math.ceil(list.length / PAGE) - 1);
      page = Math.min(page, last);
      const start = page * PAGE,
        end = Math.min(start + PAGE, list.length);
      text(words, `${count(start + 1)}–${count(end)} of ${count(list.length)}`);
      back.disabled = page === 0;
      on.disabled = page === last;
      element.hidden = last === 0;
      return list.slice(start, end);
    },
  };
}
