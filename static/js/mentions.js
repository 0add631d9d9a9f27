// Completes the name of a teammate after an @ in a note: arrows move, Enter or Tab takes, Escape leaves it.
let list = null; // the options, loaded when the first @ is typed
let field = null; // where they are shown
let start = -1; // where the @ stands

async function open(textarea, at) {
  field = textarea;
  start = at;
  const form = textarea.form;
  if (!list) {
    list = document.createElement("ul");
    list.className = "mentionable";
    list.id = "mentionable";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "Teammates");
    list.hidden = true;
    const answer = await fetch(form.dataset.mentionsUrl);
    if (!answer.ok) return close();
    // Our own server's, escaped there.
    list.innerHTML = await answer.text();
    list.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      const option = event.target.closest("[role=option]");
      if (option) take(option);
    });
  }
  if (list.parentElement !== form) form.append(list);
  filter();
}

const shown = () => [...list.children].filter((option) => !option.hidden);
const selected = () => list.querySelector("[aria-selected=true]");

function filter() {
  const typed = field.value.slice(start + 1, field.selectionStart).toLocaleLowerCase();
  for (const option of list.children) option.hidden = !option.textContent.toLocaleLowerCase().includes(typed);
  const options = shown();
  if (!options.length || typed.length > 60) return close();
  list.hidden = false;
  field.setAttribute("aria-controls", "mentionable");
  field.setAttribute("aria-expanded", "true");
  field.setAttribute("role", "combobox");
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
  if (list) list.hidden = true;
  field?.removeAttribute("aria-activedescendant");
  field?.setAttribute("aria-expanded", "false");
  field = null;
  start = -1;
}

document.addEventListener("input", (event) => {
  const textarea = event.target.closest("[data-mentions]");
  if (!textarea) return;
  const before = textarea.value.slice(0, textarea.selectionStart);
  const at = before.lastIndexOf("@");
  const opens = at >= 0 && !/[\w.]/.test(before[at - 1] ?? "") && !before.slice(at).includes("\n");
  if (!opens) close();
  else if (field === textarea && start === at && list) filter();
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
