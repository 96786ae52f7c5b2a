// In a draft of rules: a mistake leads to its line, and the draft is saved as a file on this machine.
"use strict";
(() => {
  const text = document.querySelector(".desk-rules");
  document.addEventListener("click", (event) => {
    const place = event.target.closest("[data-line]");
    if (!place) return;
    const before = text.value.split("\n").slice(0, place.dataset.line - 1);
    const at = before.reduce((sum, line) => sum + line.length + 1, 0) + Number(place.dataset.column) - 1;
    text.focus();
    text.setSelectionRange(at, at + 1);
    text.scrollTop = (before.length / text.value.split("\n").length) * text.scrollHeight - text.clientHeight / 2;
  });
  const save = document.querySelector("[data-save]");
  save.hidden = false;
  save.addEventListener("click", () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text.value], { type: "text/yaml" }));
    link.download = save.dataset.save;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });
})();
