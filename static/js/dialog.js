// Dialogs: opens them where the browser does not know command="show-modal" yet, closes them by a click beside them,
// and keeps a destructive button off until the name is typed.
document.addEventListener("click", (event) => {
  if (event.target instanceof HTMLDialogElement) event.target.close();
  const button = event.target.closest?.("[commandfor]");
  if (!button || "commandForElement" in button) return;
  const dialog = document.getElementById(button.getAttribute("commandfor"));
  if (button.getAttribute("command") === "show-modal") dialog.showModal();
  else dialog.close();
});

function check(input) {
  input.form.querySelector("[type=submit]").disabled = input.value.trim() !== input.dataset.confirms.trim();
}

for (const input of document.querySelectorAll("[data-confirms]")) check(input);
document.addEventListener("input", (event) => event.target.matches("[data-confirms]") && check(event.target));
