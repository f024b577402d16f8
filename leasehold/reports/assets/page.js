// What is shown: the data, the filters, and who is told when they change.

const session = JSON.parse(byId("data").textContent);
const GRANTABLE = new Set(session.grantable);
const NONE = "no declared role";
const WARNING = session.warning;
const began = Date.parse(session.began);
const denials = session.denials.map((denial) => ({
  ...denial, at: Date.parse(denial.time) - began, grantable: GRANTABLE.has(denial.kind), sought: (denial.test || "").toLowerCase(),
}));
denials.sort((a, b) => a.at - b.at || a.number - b.number);
const ended = Date.parse(session.ended) - began;
const leases = session.leases.map((lease) => ({
  ...lease, from: Date.parse(lease.began) - began, to: lease.ended ? Date.parse(lease.ended) - began : ended, sought: (lease.test || "").toLowerCase(),
}));
leases.sort((a, b) => a.from - b.from);

const whole = [
  Math.min(0, denials.length ? denials[0].at : 0, leases.length ? leases[0].from : 0),
  Math.max(1, ended, denials.length ? denials[denials.length - 1].at : 0),
];
let range = whole;
let drawn = () => {};

const table = new Table(began);
const workers = [...leases, ...denials].some((item) => item.worker);
const timeline = new Timeline(workers, (to) => { range = to; update(); }, (denial) => table.open(denial));

function update() {
  const [test, role, kind, verdict] = ["test", "role", "kind", "verdict"].map((id) => byId(id).value);
  const sought = test.trim().toLowerCase();
  const ours = (item) => (!role || (item.role || NONE) === role) && (!sought || item.sought.includes(sought));
  const matching = denials.filter((denial) => ours(denial) && (!kind || denial.kind === kind) && (!verdict || denial.verdict === verdict));
  const inside = range === whole ? matching : matching.filter((denial) => denial.at >= range[0] && denial.at <= range[1]);
  drawn = () => timeline.draw(leases.filter(ours), inside, byId("lanes").value, range);
  drawn();
  table.show(inside);
  byId("whole").hidden = range === whole;
  const when = range === whole ? "" : `, between ${since(range[0])} and ${since(range[1])}`;
  byId("shown").textContent = `${inside.length.toLocaleString("en")} of ${plural(denials.length, "denial")} shown${when}`;
}

function changed() {
  const start = performance.now();
  update();
  measure("leasehold:filter", start);
}

function options(id, all, values) {
  byId(id).append(el("option", { value: "" }, all), ...[...new Set(values)].filter(Boolean).map((value) => el("option", { value }, value)));
}

function begin() {
  const counts = VERDICTS.map((verdict) => [denials.filter((denial) => denial.verdict === verdict).length, verdict]);
  byId("about").textContent = `${new Date(began).toISOString().replace("T", " ").slice(0, 19)} UTC, ${since(ended)} long, ${plural(session.tests, "test")}`;
  byId("counts").append(
    ...counts.map(([count, verdict]) => el("li", {}, el("b", {}, count.toLocaleString("en")), el("span", { class: `verdict ${verdict}` }, `${LETTERS[verdict]} ${verdict}`))),
    ...[[leases.length, "leases"], [session.notices.length, "notices"]].map(([count, name]) => el("li", {}, el("b", {}, count.toLocaleString("en")), name)));
  if (session.left_out) byId("counts").append(el("li", {}, el("b", {}, session.left_out.toLocaleString("en")), "more, counted and not kept"));
  options("role", "every role", [...session.roles, ...denials.map((denial) => denial.role || NONE)]);
  options("kind", "every kind", denials.map((denial) => denial.kind).sort());
  options("verdict", "every verdict", VERDICTS);
  byId("notices").append(...session.notices.map((notice) => el("li", {}, el("b", {}, notice.kind), `: ${notice.message}`, ...(notice.test ? [" ", el("code", {}, notice.test)] : []))));
  if (!session.notices.length) byId("notices").append(el("li", {}, "None."));
  for (const id of ["role", "kind", "verdict", "lanes"]) byId(id).addEventListener("change", changed);
  byId("test").addEventListener("input", changed);
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  byId("filters").addEventListener("reset", () => { range = whole; setTimeout(changed); }); // once the fields are reset
  byId("whole").addEventListener("click", () => { range = whole; changed(); byId("lanes").focus(); });
  let resized = 0;
  addEventListener("resize", () => { clearTimeout(resized); resized = setTimeout(drawn, 100); });
  update();
  measure("leasehold:open", 0);
}

begin();
