// The command palette: Ctrl or Cmd and K opens it, arrows choose, Enter goes there, with Ctrl or Cmd in a new tab.
const palette = document.getElementById("palette");
const input = palette?.querySelector("input");
const results = palette?.querySelector("[role=listbox]");

const places = () => [...results.querySelectorAll("a")];
const chosen = () => results.querySelector("[aria-selected=true]");

function choose(place) {
  chosen()?.setAttribute("aria-selected", "false");
  if (!place) return input.removeAttribute("aria-activedescendant");
  place.setAttribute("aria-selected", "true");
  place.scrollIntoView({ block: "nearest" });
  input.setAttribute("aria-activedescendant", place.id);
}

function open() {
  if (palette.open) return;
  for (const other of document.querySelectorAll(":popover-open")) other.hidePopover();
  palette.showModal();
  input.select();
  htmx.trigger(input, "open");
}

// As a list to choose from links are options, which the keyboard reaches by arrows alone.
function prepare() {
  for (const [number, place] of places().entries()) {
    place.id = `place-${number}`;
    place.setAttribute("role", "option");
    place.setAttribute("aria-selected", "false");
    place.tabIndex = -1;
  }
  choose(places()[0]);
}

if (palette) {
  new MutationObserver(prepare).observe(results, { childList: true });
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.metaKey || event.ctrlKey) || event.shiftKey || event.altKey) return;
    if (document.querySelector("dialog[open]:not(#palette)")) return;
    event.preventDefault();
    open();
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-palette]") || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    open();
  });
  input.addEventListener("keydown", (event) => {
    const all = places(), at = all.indexOf(chosen());
    if (event.key === "ArrowDown") choose(all[(at + 1) % all.length]);
    else if (event.key === "ArrowUp") choose(all.at(at - 1));
    else if (event.key === "Home" && event.ctrlKey) choose(all[0]);
    else if (event.key === "End" && event.ctrlKey) choose(all.at(-1));
    else if (event.key === "Enter" && at >= 0) {
      if (event.metaKey || event.ctrlKey) globalThis.open(all[at].href, "_blank", "noopener");
      else all[at].click();
    } else return;
    event.preventDefault();
  });
  for (const key of palette.ownerDocument.querySelectorAll("[data-palette] kbd, #shortcuts [data-mod]")) {
    if (/Mac|iPhone|iPad/.test(navigator.platform)) key.textContent = key.textContent.replace("Ctrl", "⌘");
  }
}
