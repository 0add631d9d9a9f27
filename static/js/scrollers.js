// Lets the keyboard reach code and tables inside messages that are wider or taller than their bubble.
function reach() {
  for (const element of document.querySelectorAll(".prose :is(pre, table)")) {
    if (element.scrollWidth > element.clientWidth || element.scrollHeight > element.clientHeight) element.tabIndex = 0;
  }
}

reach();
addEventListener("resize", reach);
document.addEventListener("htmx:after:swap", reach);
