/** Elements made and changed by text alone: nothing in the console reads a string as HTML. */

const SVG = "http://www.w3.org/2000/svg";

/** An HTML element with attributes; children are nodes or text, null is left out. */
export const el = (tag, attributes = {}, ...children) =>
  filled(document.createElement(tag), attributes, children);

/** The same for SVG. */
export const svg = (tag, attributes = {}, ...children) =>
  filled(document.createElementNS(SVG, tag), attributes, children);

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) attribute(element, name, value);
  element.append(...children.flat().filter(child => child !== null && child !== undefined));
  return element;
}

/** Set an attribute unless it is so already; null and false remove it. */
export function attribute(element, name, value) {
  if (value === null || value === undefined || value === false) {
    element.removeAttribute(name);
  } else if (element.getAttribute(name) !== String(value)) {
    element.setAttribute(name, value === true ? "" : value);
  }
}

/** Set the text unless it is so already, so that a selection in it survives. */
export function text(element, value) {
  if (element.textContent !== String(value)) element.textContent = value;
}

const CHILDREN = new WeakMap();

/**
 * Make the children of `parent` those of `items`, each kept by its key as long as it is there, so
 * that focus, selection and an open tooltip survive an update.
 */
export function keyed(parent, items, key, make, update = () => {}) {
  const before = CHILDREN.get(parent) ?? new Map();
  const now = new Map();
  for (const item of items) {
    const name = key(item);
    const node = before.get(name) ?? make(item);
    update(node, item);
    now.set(name, node);
  }
  for (const [name, node] of before) if (!now.has(name)) node.remove();
  let place = parent.firstChild;
  for (const node of now.values()) {
    if (node === place) place = place.nextSibling;
    else parent.insertBefore(node, place);
  }
  CHILDREN.set(parent, now);
}

/** The element of the page with this id. */
export const byId = id => document.getElementById(id);
