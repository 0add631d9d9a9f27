// The live list: asks now and then whether something has arrived, and if so what; the rows one reads stay where they are.
// Asks less and less often while nothing happens, and not at all while nobody looks or Live is off.
const FIRST = 3_000, LAST = 30_000, SLOWER = 1.3;
const toggle = document.getElementById("live");
let wait = FIRST, timer = 0;

const place = () => document.getElementById("arrivals");

function isOn() {
  try { return localStorage.getItem("live") !== "off"; } catch { return true; }
}

async function ask() {
  const here = place();
  if (!here || document.hidden || !isOn()) return;
  try {
    const answer = await fetch(here.dataset.changes, { cache: "no-store", credentials: "omit" });
    if (answer.status === 200) {
      await htmx.ajax("GET", here.dataset.news, { source: here, target: here, swap: "outerHTML" });
      wait = FIRST;
    } else wait = Math.min(wait * SLOWER, LAST);
  } catch { /* the network is away: asked again later */ }
  later();
}

function later() {
  clearTimeout(timer);
  timer = setTimeout(ask, wait);
}

function show() {
  toggle.setAttribute("aria-pressed", String(isOn()));
  toggle.title = isOn() ? "New conversations are announced  l" : "New conversations are not announced  l";
}

if (toggle) {
  toggle.hidden = false;
  show();
  toggle.addEventListener("click", () => {
    try { localStorage.setItem("live", isOn() ? "off" : "on"); } catch { /* private mode: it stays on */ }
    show();
    wait = FIRST;
    ask();
  });
  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    wait = FIRST;
    if (!document.hidden) ask();
  });
  later();
}
