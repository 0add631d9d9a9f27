// Lets the keyboard reach code and tables inside messages that are wider or taller than their bubble; each is looked at
// when it comes on the screen, because measuring what is off it would lay out all of a long conversation.
const SELECTOR = ".prose :is(pre, table)";
const seen = new Set();

function reach(element) {
  if (element.scrollWidth > element.clientWidth || element.scrollHeight > element.clientHeight) element.tabIndex = 0;
}

const watcher = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (isIntersecting) {
      seen.add(target);
      reach(target);
    } else seen.delete(target);
  }
});

for (const element of document.querySelectorAll(SELECTOR)) watcher.observe(element);
addEventListener("resize", () => seen.forEach(reach));
new MutationObserver((records) => {
  for (const { addedNodes } of records) {
    for (const node of addedNodes) {
      if (node.nodeType === Node.ELEMENT_NODE) for (const element of node.querySelectorAll(SELECTOR)) watcher.observe(element);
    }
  }
}).observe(document.body, { childList: true, subtree: true });
