// What a form answered with is shown once: reloading leads to data-reload-to instead of sending the form again.
history.replaceState(null, "", document.querySelector("[data-reload-to]").dataset.reloadTo);
