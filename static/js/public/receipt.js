// The receipt's two buttons that need a script; without one they are not shown.
"use strict";
(() => {
  const copy = document.querySelector("[data-copy]");
  if (copy && navigator.clipboard) {
    copy.hidden = false;
    copy.addEventListener("click", async () => {
      const text = document.querySelector("[data-copy-from]").textContent.replace(/\s/g, "");
      await navigator.clipboard.writeText(text);
      copy.textContent = copy.dataset.copy;
    });
  }
  const print = document.querySelector("[data-print]");
  if (print) {
    print.hidden = false;
    print.addEventListener("click", () => window.print());
  }
})();
