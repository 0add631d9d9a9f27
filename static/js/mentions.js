// Completes the name of a teammate after an @ in a note: arrows move, Enter or Tab takes, Escape leaves it.
let loading = null; // the list of options, asked for when the first @ is typed
let list = null;
let field = null; // where they are shown
let start = -1; // where the @ stands

async function load(url) {
  const made = document.createElement("ul");
  made.className = "mentionable";
  made.id = "mentionable";
  made.setAttribute("role", "listbox");
  made.setAttribute("aria-label", "Teammates");
  made.hidden = true;
  const answer = await fetch(url);
  // Our own server's, escaped there.
  if (answer.ok) made.innerHTML = await answer.text();
  made.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    const option = event.target.closest("[role=option]");
    if (option) take(option);
  });
  list = made;
}

async function open(textarea, at) {
  field = textarea;
  start = at;
  await (loading ??= load(textarea.form.dataset.mentionsUrl));
  if (field === textarea) filter(); // still wanted
}

const shown = () => [...list.children].filter((option) => !option.hidden);
const selected = () => list.querySelector("[aria-selected=true]");

function filter() {
  if (list.parentElement !== field.form) field.form.append(list);
  const typed = field.value.slice(start + 1, field.selectionStart).toLocaleLowerCase();
  for (const option of list.children) option.hidden = !option.textContent.toLocaleLowerCase().includes(typed);
  const options = shown();
  if (!options.length || typed.length > 60) return close();
  list.hidden = false;
  field.setAttribute("aria-controls", "mentionable");
  field.setAttribute("aria-autocomplete", "list");
  choose(options[0]);
}

function choose(option) {
  selected()?.setAttribute("aria-selected", "false");
  option.setAttribute("aria-selected", "true");
  option.scrollIntoView({ block: "nearest" });
  field.setAttribute("aria-activedescendant", option.id);
}

function take(option) {
  const end = field.selectionStart;
  field.setRangeText(`@${option.dataset.name} `, start, end, "end");
  close();
}

function close() {
  if (!field) return;
  if (list) list.hidden = true;
  field.removeAttribute("aria-activedescendant");
  field = null;
  start = -1;
}

document.addEventListener("input", (event) => {
  const textarea = event.target.closest("[data-mentions]");
  if (!textarea) return;
  const before = textarea.value.slice(0, textarea.selectionStart);
  const at = before.lastIndexOf("@");
  if (at < 0 || /[\w.]/.test(before[at - 1] ?? "") || before.slice(at).includes("\n")) close();
  else open(textarea, at);
});

document.addEventListener("keydown", (event) => {
  if (!field || !list || list.hidden || event.target !== field) return;
  const options = shown();
  const at = options.indexOf(selected());
  if (event.key === "ArrowDown") choose(options[(at + 1) % options.length]);
  else if (event.key === "ArrowUp") choose(options[(at + options.length - 1) % options.length]);
  else if ((event.key === "Enter" || event.key === "Tab") && at >= 0) take(options[at]);
  else if (event.key === "Escape") close();
  else return;
  event.preventDefault();
}, { capture: true });

document.addEventListener("focusout", (event) => event.target === field && close());
