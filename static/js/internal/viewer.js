// <div class="view" data-view><div class="view-frame"><img class="view-picture" data-full="…"></div></div>  <span data-tools hidden> <button data-zoom="in"> <button data-turn> </span>
// Looking at files: larger, smaller, turned, and the keys; several pictures of a page move together. Without it each is shown whole.
"use strict";
(() => {
  const writes = (event) => event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select");

  // Links with data-key: the same as pressing that key, unless somebody writes or moves about in a picture.
  document.addEventListener("keydown", (event) => {
    if (writes(event) || event.target.closest("video, audio, .view-large")) return;
    const link = document.querySelector(`a[data-key="${event.key}"]`);
    if (link) { event.preventDefault(); link.click(); }
  });

  let size = 0;
  let turns = 0;

  const make = (frame) => {
    const picture = frame.querySelector(".view-picture");
    const draw = () => {
      const across = turns % 2 === 1;
      frame.classList.toggle("view-large", size > 0);
      if (size > 0 && picture.getAttribute("src") !== picture.dataset.full) picture.src = picture.dataset.full;
      picture.style.margin = "";
      picture.style.transform = turns ? `rotate(${turns * 90}deg)` : "";
      const fit = Math.min(frame.clientWidth / (picture.naturalWidth || 1), 1);
      picture.style.width = size > 0 ? `${picture.naturalWidth * fit * 1.5 ** size}px` : "";
      // Lying on its side, it has to fit by the other measure, and takes the room of its turned shape.
      picture.style.maxWidth = across && size === 0 ? "70vh" : "";
      picture.style.maxHeight = across && size === 0 ? `${frame.clientWidth}px` : "";
      if (across) {
        const spare = (picture.offsetWidth - picture.offsetHeight) / 2;
        picture.style.margin = size > 0 ? `${spare}px ${-spare}px` : `${spare}px auto`;
      }
      frame.style.setProperty("--view-width", `${frame.scrollWidth}px`);
      frame.style.setProperty("--view-height", `${frame.scrollHeight}px`);
    };
    picture.addEventListener("load", draw);
    return { frame, draw };
  };
  const views = [...document.querySelectorAll("[data-view] .view-frame")].filter((frame) => frame.querySelector(".view-picture")).map(make);
  if (!views.length) return;

  const draw = () => views.forEach((view) => view.draw());
  const zoom = (way) => {
    size = way === "fit" ? 0 : Math.max(0, Math.min(8, size + (way === "in" ? 1 : -1)));
    draw();
  };
  const turn = () => { turns = (turns + 1) % 4; draw(); };
  for (const tools of document.querySelectorAll("[data-tools]")) {
    tools.hidden = false;
    for (const button of tools.querySelectorAll("[data-zoom]")) button.addEventListener("click", () => zoom(button.dataset.zoom));
    tools.querySelector("[data-turn]").addEventListener("click", turn);
  }
  document.addEventListener("keydown", (event) => {
    if (writes(event)) return;
    if (event.key === "+" || event.key === "=") zoom("in");
    else if (event.key === "-") zoom("out");
    else if (event.key === "0") zoom("fit");
    else if (event.key === "r") turn();
  });

  // Moved about in one, the others follow to the same place.
  let leader = null;
  for (const { frame } of views) {
    frame.addEventListener("scroll", () => {
      if (leader && leader !== frame) return;
      leader = frame;
      const share = (at, whole, seen) => (whole > seen ? at / (whole - seen) : 0);
      const down = share(frame.scrollTop, frame.scrollHeight, frame.clientHeight);
      const along = share(frame.scrollLeft, frame.scrollWidth, frame.clientWidth);
      for (const { frame: other } of views) {
        if (other === frame) continue;
        other.scrollTop = down * (other.scrollHeight - other.clientHeight);
        other.scrollLeft = along * (other.scrollWidth - other.clientWidth);
      }
      requestAnimationFrame(() => requestAnimationFrame(() => { leader = null; }));
    });
  }

  // A finger's way across: the next or the previous one, while the picture is shown whole.
  let from = null;
  const { frame } = views[0];
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
