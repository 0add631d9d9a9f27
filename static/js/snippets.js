// Remembers the language chosen in code snippets, on this page and the next.
function choose(language) {
  for (const tab of document.querySelectorAll("input[data-language]")) {
    if (tab.value === language) tab.checked = true;
  }
}

function restore() {
  try {
    const language = localStorage.getItem("snippet-language");
    if (language) choose(language);
  } catch { /* private mode: the first language stays */ }
}

restore();
document.addEventListener("htmx:after:swap", restore);
document.addEventListener("change", (event) => {
  if (!event.target.matches("input[data-language]")) return;
  choose(event.target.value);
  try { localStorage.setItem("snippet-language", event.target.value); } catch { /* as above */ }
});
