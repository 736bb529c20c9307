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
const seconds = (value) => (value === null ? "" : value.toFixed(2));

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

function drawChart() {
  const chart = document.getElementById("chart");
  const height = 14;
  const whole = page.seconds || 1;
  const onPath = new Set(page.critical_path);
  chart.setAttribute("viewBox", `0 0 1000 ${Math.max(page.lanes, 1) * height}`);
  for (const node of page.nodes) {
    if (node.lane === null) continue;
    const place = {
      x: (node.starts / whole) * 1000,
      y: node.lane * height + 1,
      width: Math.max((node.seconds / whole) * 1000, 0.8),
      height: height - 2,
    };
    const bar = drawing("rect", { ...place, class: kind(node) + (onPath.has(node.unique_id) ? " path" : "") });
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

function showDetails(node) {
  const details = document.getElementById("details");
  details.hidden = false;
  const facts = [element("h3", node.unique_id), element("p", node.status, kind(node))];
  facts.push(links("Upstream", node.upstream), links("Downstream", below.get(node.unique_id) || []));
  if (node.compiled_path) facts.push(element("p", `Compiled code: ${node.compiled_path}`));
  if (node.message) facts.push(element("pre", node.message));
  details.replaceChildren(...facts);
  details.focus();
}

document.getElementById("search").addEventListener("input", showRows);
document.addEventListener("keydown", (event) => {
  const search = document.getElementById("search");
  if (event.key === "/" && document.activeElement !== search) {
    event.preventDefault();
    search.focus();
  }
});
drawChart();
showRows();
