/** The line that calls a service, to be copied. */

import {el, text} from "./dom.js";

/** `say` tells that it was copied. */
export function call(say) {
  const line = el("code");
  const copy = el("button", {type: "button", "aria-label": "Copy the command"}, "Copy");
  copy.addEventListener("click", async () => {
    const done = await copied(line);
    say(done ? "Copied" : "It is selected; copy it by the keyboard");
    text(copy, done ? "Copied" : "Selected");
    setTimeout(() => text(copy, "Copy"), 2000);
  });
  return {
    element: el("div", {class: "call"}, el("pre", {}, line), copy),
    update: ({curl}) => text(line, curl.replace("<gateway>", location.hostname)),
  };
}

/** A page that came by plain HTTP from another machine has no clipboard: the line is selected. */
async function copied(line) {
  getSelection().selectAllChildren(line);
  if (!navigator.clipboard) return false;
  try {
    await navigator.clipboard.writeText(line.textContent);
    return true;
  } catch {
    return false;
  }
}
