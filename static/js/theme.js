// Puts the chosen theme on <html> before the first paint (loaded without defer), and answers the switch in the account menu.
{
  const root = document.documentElement;
  const read = () => {
    try { return localStorage.getItem("theme") ?? "system"; } catch { return "system"; }
  };
  const apply = (theme) => {
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    else delete root.dataset.theme;
    for (const button of document.querySelectorAll("[data-set-theme]")) {
      button.setAttribute("aria-pressed", String(button.dataset.setTheme === theme));
    }
  };
  apply(read());
  document.addEventListener("DOMContentLoaded", () => apply(read()));
  addEventListener("storage", (event) => event.key === "theme" && apply(read()));
  document.addEventListener("click", (event) => {
    const theme = event.target.closest?.("[data-set-theme]")?.dataset.setTheme;
    if (!theme) return;
    try { localStorage.setItem("theme", theme); } catch { /* private mode: the choice lasts for this page */ }
    apply(theme);
  });
}
