// Keyboard: j/k in lists, [ and ] between pages, / to search, "g" and a letter to go somewhere, ? for the list of them.
const TYPING = "input, textarea, select, [contenteditable]";
let wentAt = -Infinity; // when "g" was pressed; the letter must follow within a second

function move(step) {
  const rows = [...document.querySelectorAll(".row-link, .card__link")].filter((link) => link.checkVisibility());
  if (!rows.length) return;
  const here = rows.indexOf(document.activeElement.closest?.("tr, .card, .feed__item, .timeline__entry")?.querySelector(".row-link, .card__link"));
  const next = rows[Math.min(rows.length - 1, Math.max(0, here < 0 ? 0 : here + step))];
  next.focus({ focusVisible: true });
  next.scrollIntoView({ block: "nearest" });
}

function follow(selector) {
  document.querySelector(selector)?.click();
}

const actions = {
  j: () => move(1),
  k: () => move(-1),
  "[": () => follow("a[rel~=prev]"),
  "]": () => follow("a[rel~=next]"),
  "/": () => {
    const search = document.querySelector("input[type=search]");
    search?.focus();
    search?.select();
  },
  "?": () => document.getElementById("shortcuts")?.showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey) return;
  if (event.target.closest?.(TYPING)) {
    if (event.key === "Escape" && event.target.matches("[type=search]") && !event.target.value) event.target.blur();
    return;
  }
  if (document.querySelector("dialog[open]")) return;
  if (event.key === "g") {
    wentAt = event.timeStamp;
    return;
  }
  if (event.timeStamp - wentAt < 1000) {
    wentAt = -Infinity;
    const link = document.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
    if (link) {
      event.preventDefault();
      link.click();
      return;
    }
  }
  // A page may have keys of its own (the reader's j and k): it is asked first. Else what names the key is clicked.
  if (!document.dispatchEvent(new CustomEvent("shortcut", { detail: event.key, cancelable: true }))) return event.preventDefault();
  const named = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  const action = Object.hasOwn(actions, event.key) ? actions[event.key] : named && (() => named.click());
  if (!action) return;
  event.preventDefault();
  action();
});
