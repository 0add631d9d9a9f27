// The reader: shows the message that the address names, moves by keyboard, opens messages as JSON, starts notes.
const transcript = document.getElementById("transcript");
const form = () => document.querySelector(".note-form:has(#note-text)");

function mark(entry) {
  for (const other of transcript.querySelectorAll("[aria-current]")) other.removeAttribute("aria-current");
  entry.setAttribute("aria-current", "true");
}

// The address may name a message without a hash (?message=…); with one the browser has scrolled there already.
const named = transcript.querySelector(".entry[aria-current]");
if (named) {
  named.scrollIntoView({ block: "center" });
  named.focus({ preventScroll: true });
}

// What one reads stays where it is when earlier messages come in above it. Browsers see to that by themselves, but at the
// very top of a page, and some nowhere: there it is done here.
document.addEventListener("htmx:before:swap", (event) => {
  const more = transcript.firstElementChild;
  if (event.target.closest?.(".more") !== more) return;
  const kept = more.nextElementSibling;
  const top = kept.getBoundingClientRect().top;
  new MutationObserver((_, observer) => {
    observer.disconnect();
    const moved = kept.getBoundingClientRect().top - top;
    if (Math.abs(moved) > 1) scrollBy({ top: moved, behavior: "instant" });
  }).observe(transcript, { childList: true });
});

// Once a window has been drawn the browser remembers how tall it is, and need not draw it while it is off the screen.
const watcher = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (isIntersecting) continue;
    target.dataset.drawn = "";
    watcher.unobserve(target);
  }
});
function watch(nodes) {
  for (const node of nodes) if (node.matches?.(".transcript__window")) watcher.observe(node);
}
new MutationObserver((records) => records.forEach(({ addedNodes }) => watch(addedNodes))).observe(transcript, { childList: true });
watch(transcript.children);

function entryAt(step) {
  const focused = document.activeElement?.closest?.(".entry");
  if (!focused) {
    // The first that is on the screen.
    for (const entry of transcript.querySelectorAll(".entry")) if (entry.getBoundingClientRect().bottom > 80) return entry;
    return null;
  }
  const all = [...transcript.querySelectorAll(".entry")];
  return all[all.indexOf(focused) + step] ?? null;
}

function move(step) {
  const entry = entryAt(step);
  entry?.focus({ focusVisible: true, preventScroll: true });
  entry?.scrollIntoView({ block: "nearest" });
}

let leftEntry = null; // where one was before one wrote a note

function noteOn(entry) {
  leftEntry = entry;
  const id = entry?.id.slice(2);
  const about = form()?.querySelector(".note-form__about");
  if (!about) return;
  form().message.value = id ?? "";
  about.hidden = !id;
  about.querySelector("a").hash = `m-${id}`;
  const panel = document.getElementById("about");
  if (!panel.checkVisibility()) panel.showPopover();
  form().text.focus();
}

const keys = {
  j: () => move(1),
  k: () => move(-1),
  o: () => document.activeElement?.closest?.(".entry")?.querySelector("summary")?.click(),
  Enter: () => (document.activeElement?.matches?.(".entry") ? keys.o() : false),
  n: () => noteOn(document.activeElement?.closest?.(".entry")),
};

document.addEventListener("shortcut", (event) => {
  if (Object.hasOwn(keys, event.detail) && keys[event.detail]() !== false) event.preventDefault();
});

document.addEventListener("click", (event) => {
  if (event.metaKey || event.ctrlKey || event.shiftKey) return;
  const link = event.target.closest("[data-copy-link], [data-json], [data-note-on], [data-note-off], [data-to-message], [data-to-notes]");
  if (!link) return;
  if ("copyLink" in link.dataset) {
    const entry = link.closest(".entry");
    mark(entry);
    history.replaceState(history.state, "", link.href);
    return;
  }
  if ("toMessage" in link.dataset) {
    const entry = document.getElementById(new URL(link.href).hash.slice(1))?.closest(".entry");
    if (!entry) return; // in a window that is not loaded: the link leads there
    event.preventDefault();
    if (link.closest(":popover-open")) link.closest("[popover]").hidePopover();
    mark(entry);
    entry.scrollIntoView({ block: "center" });
    entry.focus({ preventScroll: true });
    return;
  }
  event.preventDefault();
  if ("json" in link.dataset) htmx.ajax("GET", link.href, { target: "#message-json", swap: "innerHTML" });
  else if ("noteOff" in link.dataset) noteOn(null);
  else if ("toNotes" in link.dataset) {
    const panel = document.getElementById("about");
    if (!panel.checkVisibility()) panel.showPopover();
    document.getElementById("notes").scrollIntoView({ block: "nearest" });
  } else noteOn(link.closest(".entry"));
});

const dialog = document.getElementById("message-json");
new MutationObserver(() => dialog.childElementCount && !dialog.open && dialog.showModal()).observe(dialog, { childList: true });
dialog.addEventListener("close", () => dialog.replaceChildren());

document.addEventListener("keydown", (event) => {
  const typed = event.target.closest?.(".note-form");
  if (!typed || event.defaultPrevented) return;
  if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) typed.requestSubmit();
  else if (event.key === "Escape") {
    event.target.blur();
    leftEntry?.focus({ preventScroll: true });
  }
});
