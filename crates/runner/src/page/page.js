"use strict";
const page = JSON.parse(document.getElementById("data").textContent);
const byId = new Map(page.nodes.map((node) => [node.unique_id, node]));
const below = new Map();
for (const node of page.nodes) {
  for (const id of node.upstream) {
    if (!below.has(id)) below.set(id, []);
    below.get(id).push(node.unique_id);
  }
}
const MOST_ROWS = 300;
const kinds = { warn: "warned", skipped: "skipped", cancelled: "skipped", "no-op": "skipped", reused: "skipped" };
const kind = (node) => (node.is_failure ? "failed" : kinds[node.status] || "good");
const digits = page.seconds < 10 ? 3 : 2;
const seconds = (value) => (value === null ? "" : value.toFixed(digits));

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function drawing(name, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400];

// The marks of a time axis: at most six, in seconds after the start.
function marks(whole) {
  const step = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, ...STEPS].find((step) => step * 6 >= whole) || whole / 6;
  const text = (value) => (step < 60 ? `${Number(value.toFixed(3))} s` : `${Math.round(value / 60)} min`);
  const count = Math.floor(whole / step);
  return Array.from({ length: count + 1 }, (_, at) => ({ at: at * step, text: text(at * step) }));
}

function drawAxis(chart, whole, percent, height) {
  for (const mark of marks(whole)) {
    const x = percent(mark.at);
    chart.append(drawing("line", { x1: x, x2: x, y1: 0, y2: height, class: "mark" }));
    const anchor = mark.at / whole > 0.9 ? { dx: -3, "text-anchor": "end" } : { dx: 3 };
    const label = drawing("text", { x, y: height + 13, ...anchor });
    label.textContent = mark.text;
    chart.append(label);
  }
}

function drawChart() {
  const chart = document.getElementById("chart");
  const line = 16;
  const height = Math.max(page.lanes, 1) * line;
  const whole = page.seconds || 1;
  const percent = (value) => `${((value / whole) * 100).toFixed(3)}%`;
  const onPath = new Set(page.critical_path);
  chart.setAttribute("height", height + 18);
  drawAxis(chart, whole, percent, height);
  // Frames are drawn above their neighbours.
  const framed = (node) => onPath.has(node.unique_id);
  for (const node of [...page.nodes].sort((a, b) => framed(a) - framed(b))) {
    if (node.lane === null) continue;
    const place = {
      x: percent(node.starts),
      y: node.lane * line + 1,
      width: percent(Math.max(node.seconds, whole / 1000)),
      height: line - 2,
    };
    const bar = drawing("rect", { ...place, class: kind(node) + (framed(node) ? " path" : "") });
    const title = drawing("title", {});
    title.textContent = `${node.unique_id}: ${node.status}, ${seconds(node.seconds)} s`;
    bar.append(title);
    bar.addEventListener("click", () => showDetails(node));
    chart.append(bar);
    if (kind(node) !== "good") chart.append(drawing("rect", { ...place, class: "stripes" }));
  }
}

function showRows() {
  const words = document.getElementById("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  const text = (node) => `${node.unique_id} ${node.status}`.toLowerCase();
  const found = page.nodes.filter((node) => words.every((word) => text(node).includes(word)));
  const rows = found.slice(0, MOST_ROWS).map((node) => {
    const row = element("tr");
    const name = element("td");
    const button = element("button", node.unique_id);
    button.addEventListener("click", () => showDetails(node));
    name.append(button);
    row.append(name, element("td", node.status, kind(node)));
    row.append(element("td", seconds(node.starts), "number"), element("td", seconds(node.seconds), "number"));
    return row;
  });
  document.getElementById("rows").replaceChildren(...rows);
  const more = found.length > rows.length ? `, the first ${rows.length} are shown` : "";
  document.getElementById("found").textContent = `${found.length} of ${page.nodes.length} nodes${more}`;
}

function links(title, ids) {
  const line = element("p", `${title}: `);
  if (ids.length === 0) line.append("none");
  for (const id of ids) {
    const other = byId.get(id);
    const link = element("button", id);
    if (other) link.addEventListener("click", () => showDetails(other));
    else link.disabled = true;
    line.append(link);
  }
  return line;
}

// Where the keyboard was before the details of a node.
let before = null;

function showDetails(node) {
  const details = document.getElementById("details");
  if (!details.contains(document.activeElement)) before = document.activeElement;
  details.hidden = false;
  const facts = [element("h3", node.unique_id), element("p", node.status, kind(node))];
  if (node.starts !== null) facts.push(element("p", `Started at ${seconds(node.starts)} s, took ${seconds(node.seconds)} s`));
  facts.push(links("Upstream", node.upstream), links("Downstream", below.get(node.unique_id) || []));
  if (node.compiled_path) facts.push(element("p", `Compiled code: ${node.compiled_path}`));
  if (node.message) facts.push(element("pre", node.message));
  details.replaceChildren(...facts);
  details.focus();
}

function hideDetails() {
  document.getElementById("details").hidden = true;
  const back = before && before.isConnected ? before : document.getElementById("search");
  back.focus();
}

document.getElementById("search").addEventListener("input", showRows);
document.addEventListener("keydown", (event) => {
  const search = document.getElementById("search");
  if (event.key === "/" && document.activeElement !== search) {
    event.preventDefault();
    search.focus();
  }
  if (event.key === "Escape" && !document.getElementById("details").hidden) hideDetails();
});
// On paper, nothing can be opened.
window.addEventListener("beforeprint", () => {
  for (const list of document.querySelectorAll("details")) list.open = true;
});
drawChart();
showRows();
