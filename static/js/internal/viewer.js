// Looking at a file: larger, smaller, turned, and the keys. Without it the picture is shown whole, with a link to its full size.
"use strict";
(() => {
  // Links with data-key: the same as pressing that key, unless somebody writes or moves about in a picture.
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, video, audio, .view-large")) return;
    const link = document.querySelector(`a[data-key="${event.key}"]`);
    if (link) { event.preventDefault(); link.click(); }
  });

  const view = document.querySelector("[data-view]");
  if (!view) return;
  const frame = view.querySelector(".view-frame");
  const picture = view.querySelector(".view-picture");
  let size = 0;
  let turns = 0;
  const draw = () => {
    frame.classList.toggle("view-large", size > 0);
    if (size > 0 && picture.getAttribute("src") !== picture.dataset.full) picture.src = picture.dataset.full;
    const fit = Math.min(frame.clientWidth / (picture.naturalWidth || 1), 1);
    const scale = size > 0 ? fit * 1.5 ** size : 0;
    picture.style.width = size > 0 ? `${picture.naturalWidth * scale}px` : "";
    picture.style.transform = turns ? `rotate(${turns * 90}deg)` : "";
    frame.style.setProperty("--view-width", `${frame.scrollWidth}px`);
    frame.style.setProperty("--view-height", `${frame.scrollHeight}px`);
  };
  const zoom = (way) => {
    size = way === "fit" ? 0 : Math.max(0, Math.min(8, size + (way === "in" ? 1 : -1)));
    draw();
  };
  const turn = () => { turns = (turns + 1) % 4; draw(); };
  picture.addEventListener("load", draw);
  view.querySelector("[data-tools]").hidden = false;
  for (const button of view.querySelectorAll("[data-zoom]")) button.addEventListener("click", () => zoom(button.dataset.zoom));
  view.querySelector("[data-turn]").addEventListener("click", turn);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.target.closest("input, textarea, select")) return;
    if (event.key === "+" || event.key === "=") zoom("in");
    else if (event.key === "-") zoom("out");
    else if (event.key === "0") zoom("fit");
    else if (event.key === "r") turn();
  });

  // A finger's way across: the next or the previous one, while the picture is shown whole.
  let from = null;
  frame.addEventListener("touchstart", (event) => { from = event.touches.length === 1 && size === 0 ? event.touches[0].clientX : null; }, { passive: true });
  frame.addEventListener("touchend", (event) => {
    if (from === null) return;
    const across = event.changedTouches[0].clientX - from;
    if (Math.abs(across) < 60) return;
    const keys = across < 0 ? ["PageDown", "ArrowRight"] : ["PageUp", "ArrowLeft"];
    const link = keys.map((key) => document.querySelector(`a[data-key="${key}"]`)).find(Boolean);
    if (link) link.click();
  });
})();
