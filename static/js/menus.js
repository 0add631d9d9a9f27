// Menus by keyboard: the first item has the focus when one opens; arrows move, right opens a menu beside, left closes it.
const ITEMS = "input:not([type=hidden]), button, a";

function items(menu) {
  return [...menu.querySelectorAll(ITEMS)].filter((item) => item.checkVisibility());
}

// What opened each menu, and gets the focus back: the browser sees to that neither for a menu inside another nor where a
// key clicked the button.
const openers = new WeakMap();

// Whether the focus went with what was closed, rather than to where somebody clicked.
function isLost(focused) {
  return focused === document.body || !focused.checkVisibility();
}

// These events do not bubble.
document.addEventListener("beforetoggle", (event) => {
  if (event.newState === "open") openers.set(event.target, event.source ?? document.activeElement);
}, true);
document.addEventListener("toggle", (event) => {
  if (!event.target.matches?.("[popover].menu[data-place]")) return;
  if (event.newState === "open") items(event.target)[0]?.focus({ focusVisible: true });
  else if (isLost(document.activeElement)) openers.get(event.target)?.focus({ focusVisible: true });
}, true);

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("[popover].menu[data-place]");
  if (!menu || event.metaKey || event.ctrlKey || event.altKey) return;
  const all = items(menu), at = all.indexOf(event.target), isTyping = event.target.matches("input");
  if (event.key === "ArrowDown") all[(at + 1) % all.length].focus({ focusVisible: true });
  else if (event.key === "ArrowUp") all.at(at - 1).focus({ focusVisible: true });
  else if (event.key === "ArrowRight" && event.target.matches("[popovertarget]")) event.target.click();
  else if (event.key === "ArrowLeft" && !isTyping) menu.hidePopover();
  else return;
  event.preventDefault();
});
