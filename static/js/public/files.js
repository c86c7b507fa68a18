// <input type="file" data-most="20" data-most-file="…" data-most-all="…"> <p class="tally" data-many data-large data-all>
// Says before anything is sent that a file is too large; the server checks again.
"use strict";
(() => {
  const trouble = (input, words) => {
    const files = [...input.files];
    const large = files.find((file) => file.size > Number(input.dataset.mostFile));
    if (large) return `${words.large} ${large.name}`;
    if (files.length > Number(input.dataset.most)) return words.many;
    const all = files.reduce((sum, file) => sum + file.size, 0);
    return all > Number(input.dataset.mostAll) ? words.all : "";
  };
  for (const input of document.querySelectorAll("[data-most-file]")) {
    const tally = input.closest(".field").querySelector(".tally");
    input.addEventListener("change", () => {
      tally.textContent = trouble(input, tally.dataset);
      tally.classList.toggle("wrong", tally.textContent !== "");
    });
  }
})();
