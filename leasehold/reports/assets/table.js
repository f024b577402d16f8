// The table of denials: a page of it on the screen, all of it in print, details below a row that is opened.

const PAGE = 50;
const MOST_PRINTED = 1000;
const MOST_PRINTED_OPEN = 200;
const COLUMNS = ["No.", "Time", "Verdict", "Role", "Tried", "Kind", "Test"];

class Table {
  constructor(began) {
    this.began = began;
    this.shown = [];
    this.page = 0;
    this.opened = new Set();
    byId("heads").append(...COLUMNS.map((name) => el("th", { scope: "col", role: "columnheader" }, name)));
    byId("previous").addEventListener("click", () => this.turn(this.page - 1));
    byId("next").addEventListener("click", () => this.turn(this.page + 1));
    addEventListener("beforeprint", () => this.draw(true));
    addEventListener("afterprint", () => this.draw());
  }

  show(denials) {
    this.shown = denials;
    this.turn(0);
  }

  turn(page) {
    this.page = page;
    this.draw();
  }

  // Opens a denial's details, on whatever page it is, and goes there.
  open(denial) {
    this.opened.add(denial.number);
    this.turn(Math.floor(this.shown.indexOf(denial) / PAGE));
    byId(`denial-${denial.number}`).focus();
  }

  draw(printing = false) {
    const from = printing ? 0 : this.page * PAGE;
    const rows = this.shown.slice(from, from + (printing ? MOST_PRINTED : PAGE));
    const all = printing && rows.length <= MOST_PRINTED_OPEN;
    byId("rows").replaceChildren(...rows.flatMap((denial) => this.rows(denial, all)));
    if (!rows.length) byId("rows").append(el("tr", { role: "row" }, el("td", { role: "cell", colspan: COLUMNS.length, class: "details" }, "No denials.")));
    const left = printing ? this.shown.length - rows.length : 0;
    byId("unprinted").textContent = left ? `${plural(left, "more denial")} not printed; denials.jsonl has all of them.` : "";
    const pages = Math.max(1, Math.ceil(this.shown.length / PAGE));
    byId("pager").hidden = pages === 1;
    byId("page").textContent = `Page ${this.page + 1} of ${pages}`;
    byId("previous").disabled = this.page === 0;
    byId("next").disabled = this.page === pages - 1;
  }

  rows(denial, all) {
    const open = all || this.opened.has(denial.number);
    const toggle = el("button", {
      type: "button", class: "number", id: `denial-${denial.number}`,
      "aria-expanded": String(open), "aria-controls": open ? `details-${denial.number}` : undefined,
      "aria-label": `Denial ${denial.number}, details`, onclick: () => this.toggle(denial),
    }, `${open ? "▾" : "▸"} ${denial.number}`);
    const cells = [
      toggle,
      el("span", { class: "mono", title: denial.time }, since(denial.at)),
      el("span", { class: `verdict ${denial.verdict}` }, `${LETTERS[denial.verdict]} ${denial.verdict}`),
      denial.role || el("span", { class: "quiet" }, denial.login || "none"),
      el("span", { class: "long" }, `${denial.action || denial.kind}${denial.on ? ` on ${denial.on}` : ""}`),
      denial.code ? `${denial.kind} (${denial.code})` : denial.kind,
      el("span", { class: "mono long" }, ...breakable(denial.test || "outside any test")),
    ];
    const row = el("tr", { role: "row", class: open ? "opened" : undefined },
      ...cells.map((cell, column) => el("td", { role: "cell", "data-label": COLUMNS[column] }, cell)));
    return open ? [row, this.details(denial)] : [row];
  }

  details(denial) {
    const told = [
      ["Server's words", denial.message], ["Why", denial.reason], ["Statement", denial.statement, true],
      ["Role as declared", denial.declaration, true], [denial.grantable ? "Smallest grant" : "To mend it", denial.remedy, true],
      ["Mind", denial.grantable && denial.remedy && WARNING], ["Because", denial.because], ["Login", denial.login, true],
      ["When", `${denial.time}, ${denial.phase}${denial.worker ? `, worker ${denial.worker}` : ""}, from the ${denial.source}`],
      ["Tests that ran then", (denial.candidates || []).join("\n"), true],
    ];
    const list = el("dl");
    for (const [label, text, code] of told) {
      if (text) list.append(el("dt", {}, label), el("dd", {}, code ? el("pre", {}, text) : text));
    }
    return el("tr", { role: "row", id: `details-${denial.number}` },
      el("td", { role: "cell", class: "details", colspan: COLUMNS.length }, list));
  }

  toggle(denial) {
    if (!this.opened.delete(denial.number)) this.opened.add(denial.number);
    this.draw();
    byId(`denial-${denial.number}`).focus();
  }
}
