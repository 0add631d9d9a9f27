// The live list: asks now and then whether something has arrived, and if so what; the rows one reads stay where they are.
const toggle = document.getElementById("live");

const place = () => document.getElementById("arrivals");

function isOn() {
  try { return localStorage.getItem("live") !== "off"; } catch { return true; }
}

async function ask() {
  const here = place();
  if (!here || !isOn()) return null;
  try {
    const answer = await fetch(here.dataset.changes, { cache: "no-store", credentials: "omit" });
    if (answer.status !== 200) return false;
    await htmx.ajax("GET", here.dataset.news, { source: here, target: here, swap: "outerHTML" });
    return true;
  } catch {
    return false; // the network is away
  }
}

function show() {
  toggle.setAttribute("aria-pressed", String(isOn()));
  toggle.title = isOn() ? "New conversations are announced  l" : "New conversations are not announced  l";
}

if (toggle) {
  toggle.hidden = false;
  show();
  const wake = poll(3_000, ask);
  toggle.addEventListener("click", () => {
    try { localStorage.setItem("live", isOn() ? "off" : "on"); } catch { /* private mode: it stays on */ }
    show();
    wake();
  });
}
