// The button that prints the page; without scripts the browser's own menu does the same.
for (const each of document.querySelectorAll("[data-print]")) each.addEventListener("click", () => window.print());
