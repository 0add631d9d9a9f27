// Tells the values of a chart's day: under the pointer or a finger, or by arrow keys; they are those of the table behind it.
// And those of a sparkline.
const PLOT = ".figure-chart__plot:has(.chart:not([data-kind=distribution]))";
const SVG = "http://www.w3.org/2000/svg";
const plots = new WeakMap(); // what is known of each, once somebody has looked at it

function make(name, text = "", tone) {
  const element = document.createElement(name);
  element.textContent = text;
  if (tone) element.dataset.tone = tone;
  return element;
}

function known(plot) {
  if (plots.has(plot)) return plots.get(plot);
  const svg = plot.querySelector("svg"), table = plot.closest("figure").querySelector("table");
  const slots = [...svg.querySelectorAll(".chart__slot")];
  for (const title of svg.querySelectorAll("title")) title.remove(); // the browser's own would show over ours
  const cross = svg.insertBefore(document.createElementNS(SVG, "line"), slots[0]);
  cross.setAttribute("class", "chart__cross");
  cross.setAttribute("y2", slots[0].querySelector(".chart__hit").getAttribute("height"));
  const tip = plot.appendChild(make("div"));
  tip.className = "chart-tip";
  tip.hidden = true;
  tip.ariaHidden = "true";
  const said = plot.appendChild(make("p")); // for those who do not see: what keys have chosen
  said.className = "visually-hidden";
  said.setAttribute("role", "status");
  const [, ...series] = [...table.tHead.rows[0].cells].map((cell) => ({ name: cell.textContent, tone: cell.dataset.tone }));
  const days = [...table.tBodies[0].rows].map((row) => ({
    label: row.cells[0].textContent,
    link: row.cells[0].querySelector("a")?.href,
    values: [...row.cells].slice(1).map((cell) => cell.textContent),
  }));
  const found = { svg, slots, cross, tip, said, series, days, at: -1 };
  plots.set(plot, found);
  return found;
}

// Of a stack the last line is the whole.
function lines({ svg, series, days, at }) {
  const rows = series.map(({ name, tone }, place) => [name, days[at].values[place], tone]);
  if (svg.dataset.kind !== "stacked" || rows.length < 2) return rows;
  rows.reverse(); // the first is at the ground
  const whole = rows.reduce((sum, [, value]) => sum + (Number(value.replaceAll(",", "")) || 0), 0);
  return [...rows, ["Together", whole.toLocaleString("en"), ""]];
}

function place({ tip, days, at }, plot) {
  const middle = ((at + 0.5) / days.length) * plot.clientWidth, room = plot.clientWidth - tip.offsetWidth;
  const beside = middle < plot.clientWidth / 2 ? middle + 12 : middle - tip.offsetWidth - 12;
  tip.style.setProperty("--x", `${Math.round(Math.min(Math.max(beside, 0), Math.max(room, 0)))}px`);
}

function mark({ svg, slots, cross, days }, at) {
  svg.querySelector(".chart__slot[data-at]")?.removeAttribute("data-at");
  slots[at]?.setAttribute("data-at", "");
  const x = `${((at + 0.5) * 100) / days.length}%`;
  for (const end of ["x1", "x2"]) cross.setAttribute(end, x);
  cross.toggleAttribute("data-shown", at >= 0);
}

// Other charts of the same days show where that day is.
function peers(plot) {
  const own = known(plot);
  return [...(plot.closest(".charts")?.querySelectorAll(PLOT) ?? [])].map(known)
    .filter((each) => each !== own && each.days.length === own.days.length);
}

function show(plot, at, { speaks = false } = {}) {
  const chart = known(plot);
  if (at === chart.at) return;
  chart.at = at;
  for (const each of [chart, ...peers(plot)]) mark(each, at);
  chart.tip.hidden = at < 0;
  if (at < 0) return;
  const list = make("dl"), rows = lines(chart);
  if (speaks) chart.said.textContent = [chart.days[at].label, ...rows.map(([name, value]) => `${name} ${value}`)].join(", ");
  for (const [name, value, tone] of rows) {
    const row = make("div"), term = make("dt", name);
    if (tone) term.prepend(make("i", "", tone));
    row.append(term, make("dd", value));
    list.append(row);
  }
  chart.tip.replaceChildren(make("strong", chart.days[at].label), list);
  place(chart, plot);
}

function under(plot, event) {
  const { left, width } = known(plot).svg.getBoundingClientRect(), count = known(plot).days.length;
  return Math.min(Math.max(Math.floor(((event.clientX - left) / width) * count), 0), count - 1);
}

function listen(plot) {
  plot.tabIndex = 0;
  plot.setAttribute("role", "group");
  plot.setAttribute("aria-label", `${plot.closest("figure").querySelector("h2").textContent}, by arrow keys`);
  for (const type of ["pointermove", "pointerdown"]) plot.addEventListener(type, (event) => show(plot, under(plot, event)));
  plot.addEventListener("pointerleave", () => show(plot, -1));
  plot.addEventListener("blur", () => show(plot, -1));
  plot.addEventListener("click", (event) => {
    // A finger looks first; it finds the way in the table.
    const { link } = known(plot).days[under(plot, event)];
    if (link && event.pointerType === "mouse") location.assign(link);
  });
  plot.addEventListener("keydown", (event) => {
    if (event.metaKey || event.ctrlKey || event.altKey) return;
    const { at, days } = known(plot), last = days.length - 1;
    const to = {
      ArrowLeft: at < 0 ? last : Math.max(at - 1, 0),
      ArrowRight: at < 0 ? 0 : Math.min(at + 1, last),
      Home: 0,
      End: last,
      Escape: -1,
    }[event.key];
    if (to !== undefined) show(plot, to, { speaks: true });
    else if (event.key === "Enter" && days[at]?.link) location.assign(days[at].link);
    else return;
    event.preventDefault();
  });
}

function listenToAll() {
  for (const plot of document.querySelectorAll(`${PLOT}:not([tabindex])`)) listen(plot);
}

listenToAll();
document.addEventListener("htmx:after:swap", listenToAll);

// A sparkline lies below the link that covers its card: the card hears the pointer.
function tell(card, event) {
  const spark = card.querySelector(".spark:not([data-told=''])");
  if (!spark) return;
  const { left, right, top, bottom, width } = spark.getBoundingClientRect();
  const isOver = event.type === "pointermove" && event.clientX >= left && event.clientX <= right
    && event.clientY >= top && event.clientY <= bottom;
  let tip = card.querySelector(".chart-tip");
  if (!tip && !isOver) return;
  tip ??= card.appendChild(make("div"));
  tip.className = "chart-tip";
  tip.ariaHidden = "true"; // the sparkline's label says it all
  tip.hidden = !isOver;
  if (!isOver) return;
  tip.style.setProperty("--y", `${Math.round(top - card.getBoundingClientRect().top)}px`);
  const told = spark.dataset.told.split("|"), last = told.length - 1;
  tip.textContent = told[Math.round(((event.clientX - left) / width) * last)];
}

for (const card of document.querySelectorAll(".card:has(.spark)")) {
  for (const type of ["pointermove", "pointerleave"]) card.addEventListener(type, (event) => tell(card, event));
}
