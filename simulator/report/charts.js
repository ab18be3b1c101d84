// The charts of a report: what is drawn, and what a person can do with it.
"use strict";
(() => {
const data = JSON.parse(document.getElementById("data").textContent);
const $ = (selector) => document.querySelector(selector);
const make = (tag, attributes = {}, ...children) => {
  const node = Object.assign(document.createElement(tag), attributes);
  node.append(...children);
  return node;
};
const text = (at) => data.strings[at];
const narrow = () => innerWidth <= 640;

// ---- Time and numbers ----

const start = data.starts, end = start + data.length;
const times = Array.from({ length: data.points }, (_, i) => start + i * data.each);
const two = (n) => String(n).padStart(2, "0");
const clock = (s, fine = s % 60 !== 0) => {
  const at = new Date(s * 1000);
  const day = data.length > 86400 ? `${at.getUTCMonth() + 1}-${two(at.getUTCDate())} ` : "";
  return day + two(at.getUTCHours()) + ":" + two(at.getUTCMinutes()) + (fine ? ":" + two(at.getUTCSeconds()) : "");
};
const short = (v) => {
  const size = Math.abs(v);
  if (size >= 1e6) return +(v / 1e6).toPrecision(3) + " M";
  if (size >= 1e4) return +(v / 1e3).toPrecision(3) + " k";
  if (size >= 100 || v === 0) return String(Math.round(v));
  if (size < 0.001) return "<0.001";
  return String(+v.toPrecision(3));
};

// ---- Colours: read from the page, so that its theme and the printer have their say ----

const probe = document.body.appendChild(make("span", { hidden: true }));
let known = {};
const colour = (name) => known[name] ??= (probe.style.color = `var(--${name})`, getComputedStyle(probe).color);
const paint = (at) => colour("c" + at % 8);
const DASHES = [[], [7, 3], [2, 2], [9, 3, 2, 3]];

// ---- What is drawn ----

const shown = data.policies.map((policy) => policy.shown);
const dash = (at) => DASHES[Math.floor(at / 8) % 4];
const CHARTS = [
  { id: "load", title: "Load", unit: "requests per second", common: [{ name: "offered", values: data.load, area: true }, { name: "peak of a second", values: data.peak, faint: true }], lines: [] },
  { id: "members", title: "Members", unit: "solid: ready, dashed: asked for, grey: what the objective needs", tall: true, whole: true, common: [{ name: "needed", values: data.demand, area: true, step: true }], lines: [{ key: "ready", step: true }, { key: "desired", step: true, dashed: true }] },
  { id: "p99", title: "Latency, 99th percentile", unit: "ms", log: true, common: [], lines: [{ key: "p99" }], limit: { at: data.objective_ms, name: data.objective } },
  { id: "failed", title: "Failed", unit: "solid: failed, dashed: failed or slow, % of requests", share: true, common: [], lines: [{ key: "failed" }, { key: "missed", dashed: true }], limit: { at: 1, name: "1 %, the objective" } },
  { id: "cost", title: "Cost so far", unit: "$", common: [], lines: [{ key: "cost" }] },
  { id: "replicas", title: "Read replicas", unit: "ready", needs: "replicas", whole: true, common: [], lines: [{ key: "replicas", step: true }], low: true },
  { id: "fullest", title: "Connections of the fullest database", unit: "% of what it takes", needs: "fullest", common: [], lines: [{ key: "fullest" }], limit: { at: 100, name: "it refuses" }, low: true },
  { id: "features", title: "Features that are on", unit: "%", needs: "features", common: [], lines: [{ key: "features", step: true }], low: true },
  { id: "rollout", title: "The candidate's share of the requests", unit: "%", needs: "rollout", common: [], lines: [{ key: "rollout", step: true }], low: true },
  { id: "here", title: "Users who are sent to the main site", unit: "%", needs: "here", common: [], lines: [{ key: "here", step: true }], low: true },
].filter((chart) => !chart.needs || data.policies.some((policy) => policy[chart.needs]));

const stepped = uPlot.paths.stepped({ align: 1 }), linear = uPlot.paths.linear();
const series = (chart) => {
  const list = [{}];
  for (const one of chart.common) list.push({
    label: one.name, width: one.faint ? 0.75 : 1.25, paths: one.step ? stepped : linear, points: { show: false },
    stroke: () => colour("quiet"), fill: one.area ? () => colour("area") : undefined, dash: one.faint ? [2, 3] : undefined, common: true,
  });
  data.policies.forEach((policy, at) => chart.lines.forEach((line) => list.push({
    label: policy.name, show: shown[at], width: line.dashed ? 1 : 2, paths: line.step ? stepped : linear, points: { show: false },
    stroke: () => paint(at), dash: line.dashed ? [4, 3] : dash(at), policy: at, dashed: line.dashed,
  })));
  return list;
};
const columns = (chart) => [times, ...chart.common.map((one) => one.values), ...data.policies.flatMap((policy) => chart.lines.map((line) => policy[line.key] ?? []))];

// ---- Scales and axes ----

const TENS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5];
const STEPS = [1, 5, 15, 30, 60, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800, 2592000];
const ticks = (list, least = 0) => (u, axis, low, high) => {
  const inside = list.filter((v) => v >= low && v <= high);
  const room = Math.max(2, Math.floor(u.bbox.height / devicePixelRatio / 26));
  const ones = inside.filter((v) => v === least || /^0?\.?0*1/.test(String(v)));
  return inside.length <= room ? inside : ones.length >= 2 ? ones.slice(-room) : inside;
};
const yScale = (chart) => {
  if (chart.log) return { distr: 3, range: (u, low, high) => {
    const most = Math.max(high ?? 0, chart.limit.at), least = Math.min(low ?? chart.limit.at, chart.limit.at);
    return [least * 0.8, most * 1.25];
  } };
  if (chart.share) return { distr: 4, asinh: 0.1, range: (u, low, high) => [0, Math.max(2, (high ?? 0) * 1.3)] };
  return { range: (u, low, high) => [0, Math.max(chart.limit ? chart.limit.at * 1.1 : 0, (high || 1) * 1.08)] };
};
const axes = (chart) => {
  const common = { stroke: () => colour("quiet"), grid: { stroke: () => colour("line"), width: 1 }, ticks: { show: false }, font: "12px system-ui, sans-serif" };
  const y = { ...common, size: narrow() ? 44 : 54, gap: 4, values: (u, list) => list.map((v) => v === null ? "" : short(v)) };
  if (chart.whole) y.incrs = TENS.filter((v) => v >= 1);
  if (chart.log) y.splits = ticks(TENS);
  if (chart.share) y.splits = ticks([0, ...TENS.slice(0, 10).filter((v) => String(v).includes("1"))]);
  const x = { ...common, size: 24, gap: 4, space: 64, incrs: STEPS, values: (u, list, axis, space, step) => list.map((v) => step >= 86400 ? clock(v).split(" ")[0] : clock(v, step < 60)) };
  return [x, y];
};

// ---- What is drawn besides lines ----

const labelled = (u) => {
  const lines = [];
  u.series.forEach((one, at) => {
    if (at === 0 || !one.show || one.dashed || one.dash?.[0] === 2 && one.common) return;
    const column = u.data[at];
    let i = u.valToIdx(Math.min(u.scales.x.max, end));
    while (i > 0 && column[i] == null) i--;
    if (column[i] == null) return;
    lines.push({ name: one.label, colour: one.common ? colour("quiet") : paint(one.policy), y: u.valToPos(column[i], "y", true) - (narrow() ? 9 * devicePixelRatio : 0) });
  });
  const ratio = devicePixelRatio, apart = 14 * ratio, { top, height } = u.bbox;
  lines.sort((a, b) => a.y - b.y);
  lines.forEach((line, i) => line.y = Math.max(line.y, i ? lines[i - 1].y + apart : top + 6 * ratio));
  for (let i = lines.length - 1, most = top + height - 4 * ratio; i >= 0; i--, most -= apart) lines[i].y = Math.min(lines[i].y, most);
  return lines;
};
const labels = (u) => {
  const { ctx, bbox } = u, ratio = devicePixelRatio, inside = narrow();
  ctx.save();
  ctx.font = `600 ${12 * ratio}px system-ui, sans-serif`;
  ctx.textBaseline = "middle";
  ctx.textAlign = inside ? "right" : "left";
  ctx.lineWidth = 4 * ratio;
  ctx.lineJoin = "round";
  ctx.strokeStyle = colour("bg");
  for (const line of labelled(u)) {
    const x = bbox.left + bbox.width + (inside ? -4 : 6) * ratio;
    if (inside) ctx.strokeText(line.name, x, line.y);
    ctx.fillStyle = line.colour;
    ctx.fillText(line.name, x, line.y);
  }
  ctx.restore();
};
const limit = (u, { at, name }) => {
  const { ctx, bbox } = u, ratio = devicePixelRatio, y = Math.round(u.valToPos(at, "y", true));
  if (y < bbox.top || y > bbox.top + bbox.height) return;
  ctx.save();
  ctx.strokeStyle = ctx.fillStyle = colour("bad");
  ctx.setLineDash([6 * ratio, 4 * ratio]);
  ctx.lineWidth = ratio;
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.font = `${11 * ratio}px system-ui, sans-serif`;
  ctx.textAlign = "left";
  ctx.textBaseline = "bottom";
  ctx.fillText(name, bbox.left + 4 * ratio, y - 2 * ratio);
  ctx.restore();
};
const faults = (u, chart) => {
  const { ctx, bbox } = u, ratio = devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.font = `${11 * ratio}px system-ui, sans-serif`;
  ctx.textAlign = "left";
  ctx.textBaseline = "top";
  const ends = [];
  data.occurred.forEach(([from, until, name], nth) => {
    const left = u.valToPos(start + from, "x", true), right = u.valToPos(start + until, "x", true);
    ctx.fillStyle = colour("fault");
    ctx.fillRect(left, bbox.top, Math.max(right - left, 2 * ratio), bbox.height);
    if (chart.id !== "load" || nth >= 40) return;
    const words = narrow() ? String(nth + 1) : `${nth + 1} ${name}`, wide = ctx.measureText(words).width;
    const x = Math.min(left, bbox.left + bbox.width - wide - 4 * ratio);
    let row = ends.findIndex((end) => end < x);
    if (row < 0) row = ends.length;
    if (row > 3) return;
    ends[row] = x + wide + 8 * ratio;
    ctx.fillStyle = colour("bad");
    ctx.fillText(words, x + 3 * ratio, bbox.top + (2 + 13 * row) * ratio);
  });
  ctx.restore();
};

// ---- Charts that move together ----

const plots = [];
const range = { min: start, max: end };
// A plot takes a new scale in only after this script has come to rest, so it is not asked.
const place = (u, at) => (at - range.min) / (range.max - range.min) * u.over.clientWidth;
const zoom = (min, max) => {
  const least = data.each * 5, wide = Math.min(Math.max(max - min, least), data.length);
  range.min = Math.max(start, Math.min(min, end - wide));
  range.max = range.min + wide;
  plots.forEach(({ u }) => u.setScale("x", range));
  strip();
};
const readout = ({ u, chart, told }) => {
  const i = u.cursor.idx;
  if (i == null) return told.replaceChildren();
  const parts = [make("span", { textContent: clock(times[i]) })];
  u.series.forEach((one, at) => {
    if (at === 0 || !one.show || one.dashed || u.data[at][i] == null) return;
    let words = `${one.label} ${short(u.data[at][i])}`;
    const next = u.series[at + 1];
    if (next?.dashed && next.policy === one.policy) words += ` (${short(u.data[at + 1][i])})`;
    parts.push(make("span", { textContent: words, className: one.common ? "quiet" : "c" + one.policy % 8 }));
  });
  told.replaceChildren(...parts);
};
const draw = (chart) => {
  const told = make("div", { className: "readout" });
  told.setAttribute("aria-live", "off");
  const box = make("div", { className: "chart" + (chart.low ? " low" : chart.tall ? " tall" : ""), tabIndex: 0 });
  box.setAttribute("role", "img");
  box.setAttribute("aria-label", `${chart.title}, ${chart.unit}. Arrows move the cursor; the tables above hold the totals.`);
  const title = make("b", {}, chart.title + " ", make("span", { textContent: chart.unit }));
  const figure = make("figure", {}, make("figcaption", {}, title, told), box);
  if (chart.id === "members") figure.append(make("div", { id: "strips" }));
  $("#charts").append(figure);
  const plot = { chart, told, box };
  const options = {
    width: box.clientWidth, height: box.clientHeight, legend: { show: false }, padding: [6, narrow() ? 16 : 128, 0, 0],
    scales: { x: { time: false, range: () => [range.min, range.max] }, y: yScale(chart) },
    series: series(chart), axes: axes(chart),
    cursor: { y: false, points: { size: 6 }, drag: { x: true, y: false }, sync: { key: "run", setSeries: false, scales: ["x", null], filters: { pub: (type) => type === "mousemove" || type === "mouseleave" } } },
    hooks: {
      drawClear: [(u) => faults(u, chart)],
      draw: [(u) => { if (chart.limit) limit(u, chart.limit); labels(u); }],
      setCursor: [() => plot.u && readout(plot)],
      setSelect: [(u) => { if (u.select.width > 4) { zoom(u.posToVal(u.select.left, "x"), u.posToVal(u.select.left + u.select.width, "x")); u.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false); } }],
    },
  };
  options.cursor.drag.setScale = false;
  options.cursor.bind = { dblclick: () => () => zoom(start, end) };
  plot.u = new uPlot(options, columns(chart), box);
  box.addEventListener("keydown", (event) => keys(event, plot));
  plots.push(plot);
};
const keys = (event, { u }) => {
  const i = u.cursor.idx ?? u.valToIdx((range.min + range.max) / 2), far = event.shiftKey ? 10 : 1;
  const to = { ArrowLeft: i - far, ArrowRight: i + far, Home: u.valToIdx(range.min), End: u.valToIdx(range.max) }[event.key];
  const wide = range.max - range.min, middle = times[i] ?? range.min;
  if (to !== undefined) show(times[Math.max(0, Math.min(times.length - 1, to))], u);
  else if (event.key === "+" || event.key === "=") zoom(middle - wide / 4, middle + wide / 4);
  else if (event.key === "-") zoom(middle - wide, middle + wide);
  else if (event.key === "0") zoom(start, end);
  else return;
  event.preventDefault();
};
const show = (at, u = plots[0].u) => {
  if (at < range.min || at > range.max) zoom(at - (range.max - range.min) / 2, at + (range.max - range.min) / 2);
  queueMicrotask(() => u.setCursor({ left: place(u, at), top: 10 }, true, true));
};

// ---- Decisions ----

const SIGNS = { "1": "▲", "-1": "▼", "0": "●", held: "▪" };
const sign = (mark) => mark.n ? SIGNS.held : SIGNS[mark.d];
const marks = data.policies.map((policy) => [policy.actions ?? [], policy.held ?? []]);
const wanted = (at) => {
  const [actions, held] = marks[at];
  return $("#holds").checked ? [...actions, ...held].sort((a, b) => a.t - b.t) : actions;
};
let open = null;
const strip = () => {
  const strips = data.policies.map((policy, at) => {
    if (!shown[at] || !policy.actions) return null;
    const all = wanted(at), bar = make("div", { className: "strip c" + at % 8 });
    bar.setAttribute("role", "toolbar");
    bar.setAttribute("aria-label", `decisions of ${policy.name}`);
    const u = plots.find(({ chart }) => chart.id === "members").u;
    bar.style.width = u.over.clientWidth + "px";
    let groups = [];
    all.forEach((mark, nth) => {
      const t = start + mark.t, left = place(u, t);
      if (t < range.min || t > range.max) return;
      const last = groups.at(-1);
      if (last && left - last.left < 14) last.marks.push(nth);
      else groups.push({ left, marks: [nth] });
    });
    groups.forEach((group, i) => {
      const first = all[group.marks[0]], many = group.marks.length;
      const alike = group.marks.every((nth) => all[nth].d === first.d && !all[nth].n === !first.n);
      const button = make("button", { type: "button", textContent: alike ? sign(first) : "◆", tabIndex: i ? -1 : 0 });
      button.style.left = group.left + "px";
      const words = `${clock(start + first.t)} ${text(first.w)}` + (many > 1 ? ` and ${many - 1} more` : "");
      button.title = words;
      button.setAttribute("aria-label", words);
      button.setAttribute("aria-expanded", String(open?.at === at && group.marks.some((nth) => all[nth] === open.mark)));
      button.addEventListener("click", () => explain(at, first));
      button.addEventListener("keydown", (event) => {
        const next = { ArrowRight: button.nextSibling, ArrowLeft: button.previousSibling }[event.key];
        if (!next?.focus) return;
        button.tabIndex = -1;
        next.tabIndex = 0;
        next.focus();
        event.preventDefault();
      });
      bar.append(button);
    });
    const count = all.length + (policy.more?.[0] ?? 0);
    bar.append(make("span", { className: "strip-name", textContent: all.length ? "" : `${policy.name}: no decisions` }));
    bar.title = `${policy.name}: ${count} decisions`;
    return bar;
  });
  $("#strips")?.replaceChildren(...strips.filter(Boolean));
};
const fact = (list, name, words) => words && list.append(make("dt", { textContent: name }), make("dd", { textContent: words }));
const explain = (at, mark) => {
  const policy = data.policies[at], all = wanted(at), nth = all.indexOf(mark), why = $("#why");
  const back = open?.back ?? document.activeElement;
  open = { at, mark, back };
  const go = (to, words, name) => {
    const button = make("button", { type: "button", textContent: words, disabled: !all[to] });
    button.setAttribute("aria-label", name);
    button.addEventListener("click", () => { explain(at, all[to]); why.querySelector(`[aria-label="${name}"]`).focus(); });
    return button;
  };
  const close = make("button", { type: "button", textContent: "✕" });
  close.setAttribute("aria-label", "close");
  close.addEventListener("click", shut);
  const bar = make("div", { className: "bar" }, go(nth - 1, "‹", "the decision before"), go(nth + 1, "›", "the next decision"), close);
  const list = make("dl");
  fact(list, "when", `${clock(start + mark.t, true)}${mark.n > 1 ? `, for ${mark.n} passes until ${clock(start + mark.e, true)}` : ""}, pass ${mark.p}`);
  fact(list, "because", text(mark.b));
  fact(list, "seen", text(mark.s));
  mark.q.forEach((line) => fact(list, "asked", text(line)));
  mark.l.forEach((line) => fact(list, "read", text(line)));
  fact(list, "answer", text(mark.a));
  const table = make("table", {}, make("thead", {}, make("tr", {}, ...["guard", "size", "it says"].map((name) => make("th", { textContent: name, scope: "col" })))));
  const body = table.appendChild(make("tbody"));
  let before = null;
  mark.u.forEach(([guard, size, note]) => {
    const row = make("tr", { className: before !== null && before !== size ? "moved" : "" });
    row.append(...[text(guard), size, text(note)].map((words) => make("td", { textContent: words })));
    before = size;
    body.append(row);
  });
  const title = make("h3", { id: "why-title" }, make("span", { className: "c" + at % 8, textContent: sign(mark) + " " }), `${text(mark.g)}: ${text(mark.w)}`);
  why.replaceChildren(bar, title, make("div", { className: "quiet", textContent: `${policy.name}${mark.r == null ? "" : ", " + text(mark.r)}; ${nth + 1} of ${all.length}` }), list, mark.u.length ? table : "");
  why.hidden = false;
  why.scrollTop = 0;
  if (!why.contains(document.activeElement)) why.focus();
  show(start + mark.t);
  strip();
};
const shut = () => {
  const back = open?.back;
  open = null;
  $("#why").hidden = true;
  strip();
  (back?.isConnected ? back : $(".strip button") ?? $(".chart"))?.focus();
};

// ---- The page ----

const redraw = () => { known = {}; plots.forEach(({ u }) => u.redraw(false)); };
const fit = () => { plots.forEach(({ u, box }) => u.setSize({ width: box.clientWidth, height: box.clientHeight })); strip(); };
$(".controls").hidden = false;
CHARTS.forEach(draw);
strip();
document.querySelectorAll(".shown").forEach((box) => box.addEventListener("change", () => {
  const at = Number(box.value);
  shown[at] = box.checked;
  plots.forEach(({ u }) => u.series.forEach((one, nth) => { if (one.policy === at) u.setSeries(nth, { show: box.checked }); }));
  strip();
}));
$("#holds").addEventListener("change", strip);
$("#all").addEventListener("click", () => zoom(start, end));
const middle = () => (range.min + range.max) / 2, quarter = () => (range.max - range.min) / 4;
$("#in").addEventListener("click", () => zoom(middle() - quarter(), middle() + quarter()));
$("#out").addEventListener("click", () => zoom(middle() - 4 * quarter(), middle() + 4 * quarter()));
const pan = (by) => zoom(range.min + by * quarter(), range.max + by * quarter());
$("#before").addEventListener("click", () => pan(-2));
$("#after").addEventListener("click", () => pan(2));
$("#theme").addEventListener("click", () => {
  const root = document.documentElement, dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  redraw();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
addEventListener("keydown", (event) => { if (event.key === "Escape" && open) shut(); });
new ResizeObserver(() => fit()).observe($("#charts"));
// A printer gets dark ink on white, at the width of a page: canvases do not follow style sheets.
let screen = null;
addEventListener("beforeprint", () => {
  const root = document.documentElement, closed = [...document.querySelectorAll("details:not([open])")];
  screen ??= { theme: root.dataset.theme, closed };
  closed.forEach((one) => one.open = true);
  root.dataset.theme = "light";
  root.classList.add("printing");
  fit();
  redraw();
});
addEventListener("afterprint", () => {
  const root = document.documentElement;
  screen.closed.forEach((one) => one.open = false);
  if (screen.theme) root.dataset.theme = screen.theme; else delete root.dataset.theme;
  root.classList.remove("printing");
  screen = null;
  fit();
  redraw();
});
})();
