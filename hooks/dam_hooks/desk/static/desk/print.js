// The buttons that print the page are shown where scripts run; without scripts the browser's own menu does the same.
for (const each of document.querySelectorAll("[data-print]")) {
  each.hidden = false;
  each.addEventListener("click", () => window.print());
}
