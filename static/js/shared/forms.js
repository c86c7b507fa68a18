// Small comforts of every form; all of them can be missing.
"use strict";
(() => {
  // A page that came back with problems: begin where they are listed.
  document.querySelector("[data-focus]")?.focus();

  // <textarea data-tally="3000"> … <p class="tally" data-text="{n} of {most}">: how much is written, said when the writer pauses.
  for (const box of document.querySelectorAll("[data-tally]")) {
    const tally = box.closest(".field").querySelector(".tally");
    const most = box.dataset.tally;
    const show = () => {
      const written = [...box.value.trim()].length;
      tally.textContent = tally.dataset.text.replace("{n}", written).replace("{most}", most);
      tally.classList.toggle("wrong", written > Number(most));
    };
    box.addEventListener("input", show);
    show();
  }

  // <form data-busy="Sending …">: one press is enough.
  for (const form of document.querySelectorAll("form[data-busy]")) {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) {
        event.preventDefault();
        return;
      }
      form.dataset.sent = "yes";
      const button = event.submitter;
      if (!button) return;
      const label = button.textContent;
      button.textContent = form.dataset.busy;
      // Back on this page it can be sent again; the server knows a form that comes twice.
      window.addEventListener("pageshow", () => {
        delete form.dataset.sent;
        button.textContent = label;
      });
    });
  }
})();
