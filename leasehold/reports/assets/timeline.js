// The timeline: leases as bars in lanes, denials as marks above them; marks that would overlap are drawn as one.

const LANES = 30;
const STACK = 6;
const BAR = 13;
const MARK = 18;
const ALONE = 50; // milliseconds: a window that is not zoomed into any further
const SINGLE_BARS = 1000; // more bars than that are drawn as one path a lane, without tooltips

class Timeline {
  // `zoom` is called with a window in milliseconds, `open` with a denial; `workers` says whether there are several.
  constructor(workers, zoom, open) {
    this.workers = workers;
    this.zoom = zoom;
    this.open = open;
    this.node = byId("timeline");
    byId("legend").append(
      ...VERDICTS.map((verdict) => el("li", {}, symbol(verdict), `${verdict} denial`)),
      ...["revoked", "expired", "open"].map((end) => el("li", {}, svg("svg", { width: 26, height: 12, "aria-hidden": "true" },
        svg("rect", { class: `lease ${end}`, x: 0.5, y: 0.5, width: 25, height: 11 })), `lease, ${end === "open" ? "still open" : end}`)));
  }

  draw(all, denials, by, [from, to]) {
    const leases = all.filter((lease) => lease.to >= from && lease.from <= to);
    this.width = Math.max(280, this.node.clientWidth);
    this.scale = (ms) => ((ms - from) / (to - from)) * this.width;
    this.span = (to - from) / this.width;
    this.marks = [];
    const groups = lanesOf(leases, denials, by);
    const root = svg("svg", { role: "group", "aria-label": "Leases and denials over time" });
    let y = this.axis(root, from, to);
    const bars = svg("g");
    const marks = svg("g");
    root.append(bars, marks);
    const single = leases.length <= SINGLE_BARS;
    for (const lane of groups.slice(0, LANES)) {
      const label = lane.name || (by === "worker" && !this.workers ? "all tests" : `outside any ${by}`);
      bars.append(svg("text", { class: "lane", x: 0, y: y + 14 }, cut(label, this.width - 170)),
        svg("text", { x: this.width, y: y + 14, "text-anchor": "end" }, `${plural(lane.leases.length, "lease")}, ${plural(lane.denials.length, "denial")}`));
      this.drawMarks(marks, lane, label, y + 30);
      y = this.drawBars(bars, lane.leases, y + 42, single) + 12;
    }
    if (groups.length > LANES) {
      root.append(svg("text", { x: 0, y: y + 14 }, `${groups.length - LANES} more tests are not drawn; filter to see them.`));
      y += 24;
    }
    root.setAttribute("viewBox", `0 0 ${this.width} ${y}`);
    root.addEventListener("keydown", (event) => this.key(event));
    this.marks.sort((a, b) => a.y - b.y || a.x - b.x);
    if (this.marks.length) this.marks[0].node.setAttribute("tabindex", "0");
    this.node.replaceChildren(root);
  }

  axis(root, from, to) {
    const ticks = Math.max(2, Math.floor(this.width / 160));
    for (let tick = 0; tick <= ticks; tick += 1) {
      const ms = from + ((to - from) * tick) / ticks;
      const x = this.scale(ms);
      root.append(svg("line", { class: "tick", x1: x, x2: x, y1: 18, y2: 10000 }),
        svg("text", { x, y: 12, "text-anchor": tick === 0 ? "start" : tick === ticks ? "end" : "middle" }, since(ms)));
    }
    return 22;
  }

  drawBars(parent, leases, top, single) {
    const ends = [];
    const paths = {};
    for (const lease of leases) {
      const x = Math.max(0, this.scale(lease.from));
      const width = Math.max(2, Math.min(this.width, this.scale(lease.to)) - x);
      let level = ends.findIndex((end) => end <= lease.from);
      if (level < 0) level = Math.min(ends.length, STACK - 1);
      ends[level] = Math.max(ends[level] || 0, lease.to);
      const y = top + level * (BAR + 2);
      if (!single) {
        paths[lease.end] = `${paths[lease.end] || ""}M${x.toFixed(1)} ${y}h${width.toFixed(1)}v${BAR}h${-width.toFixed(1)}z`;
        continue;
      }
      parent.append(svg("rect", { class: `lease ${lease.end}`, x, y, width, height: BAR, rx: 2 }, svg("title", {}, describe(lease))));
      if (width > lease.role.length * 7 + 8) parent.append(svg("text", { class: "bar", x: x + 4, y: y + 10 }, lease.role));
    }
    for (const [end, path] of Object.entries(paths)) parent.append(svg("path", { class: `lease ${end}`, d: path }));
    return top + ends.length * (BAR + 2);
  }

  drawMarks(parent, lane, label, y) {
    const buckets = new Map();
    for (const denial of lane.denials) {
      const bucket = Math.floor(this.scale(denial.at) / MARK);
      if (!buckets.has(bucket)) buckets.set(bucket, []);
      buckets.get(bucket).push(denial);
    }
    for (const denials of buckets.values()) {
      const middle = denials.reduce((sum, denial) => sum + this.scale(denial.at), 0) / denials.length;
      const x = Math.min(this.width - 9, Math.max(9, middle));
      const worst = VERDICTS.find((verdict) => denials.some((denial) => denial.verdict === verdict));
      const size = denials.length === 1 ? 1 : 1.2;
      const name = `${tally(denials)} at ${since(denials[0].at)}, ${label}`;
      const node = svg("g", { role: "button", tabindex: "-1", "aria-label": name, transform: `translate(${x.toFixed(1)} ${y})`, onclick: () => this.act(denials) },
        svg("title", {}, name), svg("circle", { class: "ring", r: 10 }),
        svg("path", { class: `mark ${worst}`, d: SHAPES[worst], transform: `scale(${size})` }));
      parent.append(node);
      this.marks.push({ node, x, y, denials });
    }
  }

  act(denials) {
    const first = denials[0].at;
    const last = denials[denials.length - 1].at;
    if (denials.length === 1 || last - first < ALONE) return this.open(denials[0]);
    const margin = (last - first) * 0.05;
    this.zoom([first - margin, last + margin]);
    return this.marks[0]?.node.focus();
  }

  key(event) {
    const now = this.marks.findIndex((mark) => mark.node === document.activeElement);
    if (now < 0) return;
    const { x, y } = this.marks[now];
    const nearest = (row) => row.reduce((best, mark) => (!best || Math.abs(mark.x - x) < Math.abs(best.x - x) ? mark : best), null);
    const rows = [...new Set(this.marks.map((mark) => mark.y))];
    const lane = (step) => nearest(this.marks.filter((mark) => mark.y === rows[rows.indexOf(y) + step]));
    const goals = {
      ArrowRight: () => this.marks[now + 1], ArrowLeft: () => this.marks[now - 1],
      ArrowDown: () => lane(1), ArrowUp: () => lane(-1),
      Home: () => this.marks[0], End: () => this.marks[this.marks.length - 1],
    };
    if (event.key === "Enter" || event.key === " ") this.act(this.marks[now].denials);
    else if (!goals[event.key]) return;
    else {
      const goal = goals[event.key]();
      if (goal) {
        this.marks[now].node.setAttribute("tabindex", "-1");
        goal.node.setAttribute("tabindex", "0");
        goal.node.focus();
      }
    }
    event.preventDefault();
  }
}

function lanesOf(leases, denials, by) {
  const lanes = new Map();
  const lane = (item) => {
    const name = item[by] || "";
    if (!lanes.has(name)) lanes.set(name, { name, leases: [], denials: [] });
    return lanes.get(name);
  };
  for (const denial of denials) lane(denial).denials.push(denial);
  for (const lease of leases) lane(lease).leases.push(lease);
  const byName = (a, b) => !a.name - !b.name || a.name.localeCompare(b.name, "en", { numeric: true }); // no name comes last
  const byCount = (a, b) => b.denials.length - a.denials.length;
  return [...lanes.values()].sort(by === "test" ? byCount : byName);
}

function symbol(verdict) {
  return svg("svg", { width: 18, height: 18, viewBox: "-9 -9 18 18", "aria-hidden": "true" }, svg("path", { class: `mark ${verdict}`, d: SHAPES[verdict] }));
}

function tally(denials) {
  const counts = VERDICTS.map((verdict) => [denials.filter((denial) => denial.verdict === verdict).length, verdict]);
  return `${plural(denials.length, "denial")} (${counts.filter(([count]) => count).map(([count, verdict]) => `${count} ${verdict}`).join(", ")})`;
}

function describe(lease) {
  return `${lease.role}, login ${lease.login}, ${lease.test || "no test"}, ${since(lease.from)} to ${since(lease.to)}, ${lease.end}, ${plural(lease.connections, "connection")}`;
}

function cut(text, width) {
  const room = Math.max(8, Math.floor(width / 6.5));
  return text.length <= room ? text : `…${text.slice(1 - room)}`;
}
