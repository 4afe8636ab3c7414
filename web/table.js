// A table: headings that sort are buttons, at most one page of rows is in the document, and an update changes only the
// cells that differ, so that focus, selection and scrolling stay where they are.
import {add, h, say} from "./dom.js";
import {count} from "./format.js";

export const kRowsPerPage = 100;

export class Table {
  #rows = [];     // all of them, sorted; or, with `server`, those of this page
  #shown = [];    // of this page
  #trs = new Map();
  #offset = 0;
  #total = 0;
  #heads = new Map();

  /**
   * label: what a screen reader calls it
   * columns: [{id, label, num?, main?, hide?, sort?: (row) => number | string, cell: (row) => text or node}]; without
   *   `server` a column with `sort` sorts here
   * key: (row) => text, of which no two rows have the same
   * sort: {id, down}; server: {onSort(id), onPage(offset)} when the node sorts and pages
   * onAction: (name, row, button) for buttons made by actionButton()
   */
  constructor({label, columns, key, sort, server, onAction, empty = "Nothing here."}) {
    this.columns = columns;
    this.key = key;
    this.sort = sort ?? null;
    this.server = server ?? null;
    this.label = label;
    this.body = h("tbody", {role: "rowgroup"});
    this.head = h("tr", {role: "row"}, columns.map((c) => this.#heading(c)));
    this.table = h("table", {role: "table", "aria-label": label},
      h("thead", {role: "rowgroup"}, this.head), this.body);
    this.empty = h("p.dim.empty", {}, empty);
    this.pager = h("div.pager", {role: "group", "aria-label": "Pages of: " + label});
    this.element = h("div.tablebox", {},
      h("div.scroll", {tabindex: "0", role: "region", "aria-label": label}, this.table), this.empty, this.pager);
    this.body.addEventListener("click", (event) => {
      const button = event.target.closest("button[data-action]");
      if (!button || !onAction) return;
      const row = this.#rowOf(button.closest("tr"));
      if (row) onAction(button.dataset.action, row, button);
    });
    this.#showSort();
  }

  get offset() {
    return this.#offset;
  }

  /** All rows; with `server`, those of the page that begins at `offset`, of `total`. */
  update(rows, {total = rows.length, offset = this.#offset} = {}) {
    this.#rows = this.server ? rows : this.#sorted(rows);
    this.#total = total;
    this.#offset = this.server ? offset : Math.min(offset, this.#lastOffset());
    this.#draw();
  }

  /** Draws one column of the page again. */
  refresh(id) {
    const i = this.columns.findIndex((c) => c.id === id);
    for (const row of this.#shown) put(this.#trs.get(this.key(row)).children[i], this.columns[i].cell(row));
  }

  toFirst() {
    this.#offset = 0;
  }

  #lastOffset() {
    return Math.max(0, Math.ceil(this.#total / kRowsPerPage) - 1) * kRowsPerPage;
  }

  #rowOf(tr) {
    return this.#shown.find((row) => this.#trs.get(this.key(row)) === tr);
  }

  #heading(column) {
    const props = {scope: "col", role: "columnheader", class: column.num ? "num" : null};
    if (!column.sort) {
      return h("th", props, column.hide ? h("span.unseen", {}, column.label) : column.label);
    }
    const arrow = h("span.arrow", {"aria-hidden": "true"});
    const th = h("th", props, h("button.sort", {type: "button", onclick: () => this.#sortBy(column)}, column.label, arrow));
    this.#heads.set(column.id, {th, arrow});
    return th;
  }

  #sortBy(column) {
    const same = this.sort?.id === column.id;
    this.#offset = 0;
    if (this.server) {
      this.sort = {id: column.id, down: column.down ?? false};
      this.server.onSort(column.id);
    } else {
      this.sort = {id: column.id, down: same ? !this.sort.down : column.down ?? false};
      this.#rows = this.#sorted(this.#rows);
      this.#draw();
    }
    this.#showSort();
    say(`Sorted by ${column.label}, ${this.sort.down ? "largest first" : "smallest first"}`);
  }

  #showSort() {
    for (const [id, {th, arrow}] of this.#heads) {
      const on = this.sort?.id === id;
      th.setAttribute("aria-sort", on ? (this.sort.down ? "descending" : "ascending") : "none");
      arrow.textContent = on ? (this.sort.down ? " ↓" : " ↑") : "";
    }
  }

  #sorted(rows) {
    const column = this.columns.find((c) => c.id === this.sort?.id);
    if (!column?.sort) return rows;
    const sign = this.sort.down ? -1 : 1;
    const keyed = rows.map((row, i) => [column.sort(row) ?? -Infinity, i, row]);
    keyed.sort(([a, i], [b, j]) => (a < b ? -sign : a > b ? sign : i - j));
    return keyed.map((k) => k[2]);
  }

  #draw() {
    this.#shown = this.server ? this.#rows : this.#rows.slice(this.#offset, this.#offset + kRowsPerPage);
    const old = this.#trs;
    this.#trs = new Map();
    for (const row of this.#shown) {
      const key = this.key(row);
      const tr = old.get(key) ?? h("tr", {role: "row"}, this.columns.map((c) => this.#cell(c)));
      this.columns.forEach((c, i) => put(tr.children[i], c.cell(row)));
      this.#trs.set(key, tr);
    }
    place(this.body, [...this.#trs.values()]);
    this.empty.hidden = this.#shown.length > 0;
    this.table.hidden = this.#shown.length === 0;
    this.#drawPager();
  }

  #cell(column) {
    const tag = column.main ? "th" : "td";
    return h(tag, {role: column.main ? "rowheader" : "cell", scope: column.main ? "row" : null,
      class: [column.num ? "num" : "", column.css ?? ""].join(" ").trim() || null, "data-label": column.hide ? null : column.label});
  }

  #drawPager() {
    this.pager.hidden = this.#total <= kRowsPerPage && this.#offset === 0;
    if (this.pager.hidden) return;
    if (!this.pager.firstChild) {
      this.before = h("button", {type: "button", onclick: () => this.#page(-kRowsPerPage)}, "Previous");
      this.after = h("button", {type: "button", onclick: () => this.#page(kRowsPerPage)}, "Next");
      this.where = h("span.where");
      add(this.pager, [this.before, this.where, this.after]);
    }
    this.before.disabled = this.#offset === 0;
    this.after.disabled = this.#offset + this.#shown.length >= this.#total;
    this.where.textContent = `${count(this.#offset + 1)} to ${count(this.#offset + this.#shown.length)} of ${count(this.#total)}`;
  }

  #page(by) {
    this.#offset = Math.max(0, Math.min(this.#offset + by, this.#lastOffset()));
    if (this.server) this.server.onPage(this.#offset);
    else this.#draw();
    say(`Page from ${this.#offset + 1}`);
  }
}

/** A cell's content, changed only when it differs. */
function put(cell, content) {
  const node = content instanceof Node ? content : document.createTextNode(content === null || content === undefined ? "–" : String(content));
  const now = cell.firstChild;
  if (now && cell.childNodes.length === 1 && now.isEqualNode(node)) return;
  cell.replaceChildren(node);
}

/** Makes `nodes` the children of `parent`, in that order, moving only what must move. */
function place(parent, nodes) {
  const wanted = new Set(nodes);
  for (const child of [...parent.children]) {
    if (!wanted.has(child)) child.remove();
  }
  nodes.forEach((node, i) => {
    if (parent.children[i] !== node) parent.insertBefore(node, parent.children[i] ?? null);
  });
}

/** A button in a cell, which the table's onAction hears. `label`: for a screen reader, with what it is about. */
export function actionButton(action, text, label) {
  return h("button.small", {type: "button", "data-action": action, "aria-label": label}, text);
}
