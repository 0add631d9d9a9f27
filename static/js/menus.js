// Menus by keyboard: the first item has the focus when one opens; arrows move, right opens a menu beside, left closes it.
const ITEMS = "input:not([type=hidden]), button, a";

function items(menu) {
  return [...menu.querySelectorAll(ITEMS)].filter((item) => item.checkVisibility());
}

// "toggle" does not bubble.
document.addEventListener("toggle", (event) => {
  if (event.newState !== "open" || !event.target.matches?.("[popover].menu[data-place]")) return;
  items(event.target)[0]?.focus({ focusVisible: true });
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
