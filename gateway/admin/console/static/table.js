/** Tables that are kept up to date: a table of rows on a screen, one card a row on a phone. */

import {attribute, el, keyed, text} from "./dom.js";

/**
 * A table of `columns`, each `{head, value(item)}` or `{head, make(cell), update(cell, item)}`,
 * with `number: true` for figures and `sort` for the name of an order. `key` names an item,
 * `mark(row, item)` adds to a row, `sorted(sort)` is called when an order is asked for. Of many
 * rows the `first` are shown until all are asked for.
 *
 * Roles are written out, since a browser forgets those of a table that is laid out otherwise.
 */
export function table({
  label,
  columns,
  key,
  none = "",
  mark = () => {},
  sorted = null,
  first = Infinity,
}) {
  const body = el("tbody", {role: "rowgroup"});
  const heads = columns.map(column => head(column, sorted));
  const empty = el("p", {class: "none", hidden: true}, none);
  const more = el("button", {type: "button", class: "more", hidden: true});
  let shown = [],
    all = false;
  const whole = el(
    "table",
    {role: "table", "aria-label": label},
    el("thead", {role: "rowgroup"}, el("tr", {role: "row"}, heads)),
    body,
  );

  const make = () =>
    el(
      "tr",
      {role: "row"},
      columns.map((column, i) => cell(column, i === 0)),
    );
  const change = (row, item) => {
    columns.forEach((column, i) => fill(row.children[i], column, item));
    mark(row, item);
  };
  const update = items => {
    shown = items;
    keyed(body, all ? items : items.slice(0, first), key, make, change);
    whole.hidden = items.length === 0;
    empty.hidden = items.length > 0;
    more.hidden = all || items.length <= first;
    text(more, `Show all ${items.length}`);
  };
  more.addEventListener("click", () => {
    all = true;
    update(shown);
    body.children[first]?.setAttribute("tabindex", "-1");
    body.children[first]?.focus();
  });
  return {
    element: el("div", {class: "table"}, whole, empty, more),
    update,
    /** Say by which order the rows are sorted. */
    order(name, descending) {
      columns.forEach(({sort}, i) =>
        attribute(
          heads[i],
          "aria-sort",
          sort === name ? (descending ? "descending" : "ascending") : null,
        ),
      );
    },
  };
}

function head({head: words, number, sort, hint}, sorted) {
  const there = el("th", {
    role: "columnheader",
    scope: "col",
    class: number ? "number" : null,
    title: hint,
  });
  if (!sort || !sorted) there.append(words);
  else {
    const button = el("button", {type: "button", class: "sort", "data-sort": sort}, words);
    button.addEventListener("click", () => sorted(sort));
    there.append(button);
  }
  return there;
}

function cell({head: words, number, make, name}, first) {
  const cell = el(first ? "th" : "td", {
    role: first ? "rowheader" : "cell",
    scope: first ? "row" : null,
    class: [number ? "number" : "", name ?? ""].join(" ").trim() || null,
    "data-label": words,
  });
  make?.(cell);
  return cell;
}

function fill(cell, {value, update}, item) {
  if (update) return update(cell, item);
  const shown = value(item);
  text(cell, shown);
  attribute(cell, "data-zero", shown === "0" || shown === "–" || shown === "");
}
