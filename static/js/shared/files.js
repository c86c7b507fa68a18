// <div class="field" data-files="/submit/file" data-part="8388608"> <input type="file" data-most="20" data-most-file="…" data-most-all="…">
//   <p class="tally" data-many data-large …> <ul data-arrivals hidden> <template data-coming> <template data-here> </div>
// Sends files as they are chosen, in parts, so that a broken connection costs one part. Without it the form sends them.
"use strict";
(() => {
  const SECRETS = ["csrf_token", "draft", "desk", "receipt", "keep"];
  const TRIES = 8;
  const STALLED = 45_000;

  const one = (within, what) => within.querySelector(what);
  const pause = (seconds) => new Promise((over) => {
    const end = () => { clearTimeout(timer); removeEventListener("online", end); over(); };
    const timer = setTimeout(end, 1000 * seconds);
    addEventListener("online", end);
  });

  const post = (address, body, item, moved) => new Promise((over) => {
    const sending = item.sending = new XMLHttpRequest();
    let timer;
    const alive = () => { clearTimeout(timer); timer = setTimeout(() => sending.abort(), STALLED); };
    sending.open("POST", address);
    sending.responseType = "json";
    sending.upload.onprogress = (event) => { alive(); moved(event.loaded); };
    sending.onloadend = () => { clearTimeout(timer); over(sending); };
    alive();
    sending.send(body);
  });

  for (const field of document.querySelectorAll("[data-files]")) {
    const input = one(field, "[type=file]"), tally = one(field, ".tally");
    const list = one(field, "[data-arrivals]"), form = input.form, words = tally.dataset;
    const part = Number(field.dataset.part), coming = [];
    const failed = new Set();
    let waits = null, chosen = 0;

    const say = (text, wrong = false) => {
      tally.textContent = text;
      tally.classList.toggle("wrong", wrong);
    };
    const row = (kind) => one(field, `template[data-${kind}]`).content.firstElementChild.cloneNode(true);

    const trouble = (files) => {
      const large = files.find((file) => file.size > Number(input.dataset.mostFile));
      if (large) return `${words.large} ${large.name}`;
      const here = form.querySelectorAll("[data-keep]:checked").length + coming.length + failed.size;
      if (here + files.length > Number(input.dataset.most)) return words.many;
      const all = files.reduce((sum, file) => sum + file.size, chosen);
      return all > Number(input.dataset.mostAll) ? words.all : "";
    };

    const show = (item, bytes, text) => {
      const share = item.file.size ? Math.min(1, bytes / item.file.size) : 1;
      one(item.row, "progress").value = share;
      one(item.row, "[data-said]").textContent = text || `${Math.floor(100 * share)} %`;
    };

    const send = async (item) => {
      let tries = 0;
      while (item.next !== null && !item.gone) {
        const from = item.next * part, form_ = new FormData(form), body = new FormData();
        for (const name of SECRETS) for (const value of form_.getAll(name)) body.append(name, value);
        body.append("bytes", item.file.size);
        body.append("number", item.next);
        if (item.head) body.append("head", item.head);
        body.append("files", item.file.slice(from, from + part, item.file.type), item.file.name);
        show(item, from);
        const { status, response } = await post(field.dataset.files, body, item, (sent) => show(item, from + sent));
        if (item.gone) return "";
        if (status === 200 && response) {
          Object.assign(item, response);
          tries = 0;
        } else if (status && status < 500 && response && !response.again) {
          return response.trouble;
        } else if (status && status < 500 && words.out) {
          return words.out;
        } else if (tries === TRIES) {
          return words.lost;
        } else {
          show(item, from, words.pause);
          await pause(Math.min(30, 2 ** tries++));
        }
      }
      return "";
    };

    const end = (item, problem) => {
      if (item.gone) return;
      if (problem) {
        failed.add(item);
        one(item.row, "[data-said]").textContent = problem;
        one(item.row, "[data-again]").hidden = false;
        say(`${item.file.name}: ${problem}`, true);
        return;
      }
      const here = row("here"), box = one(here, "[data-keep]");
      box.value = item.head;
      one(here, "[data-name]").textContent = item.name;
      one(here, "[data-size]").textContent = item.size;
      item.row.replaceWith(here);
      say(words.here.replace("{name}", item.name));
    };

    const work = async () => {
      if (coming.busy) return;
      coming.busy = true;
      while (coming.length) {
        end(coming[0], await send(coming[0]));
        coming.shift();
      }
      coming.busy = false;
      if (waits && !failed.size) waits.click();
      waits = null;
    };

    const add = (file) => {
      const item = { file, row: row("coming"), next: 0, head: "" };
      one(item.row, "[data-name]").textContent = file.name;
      one(item.row, "[data-again]").addEventListener("click", (event) => {
        event.target.hidden = true;
        failed.delete(item);
        coming.push(item);
        work();
      });
      one(item.row, "[data-cancel]").addEventListener("click", () => {
        item.gone = true;
        item.sending?.abort();
        failed.delete(item);
        chosen -= file.size;
        item.row.remove();
        say("");
        input.focus();
      });
      show(item, 0, words.next);
      list.append(item.row);
      coming.push(item);
      chosen += file.size;
    };

    input.addEventListener("change", () => {
      const files = [...input.files], problem = trouble(files);
      say(problem, problem !== "");
      if (problem) return;
      input.value = "";
      list.hidden = false;
      files.forEach(add);
      work();
    });

    form.addEventListener("submit", (event) => {
      if (!coming.length && !failed.size) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      if (coming.length) waits = event.submitter || one(form, "button:not([name])");
      else one([...failed][0].row, "[data-again]").focus();
      say(coming.length ? words.wait : words.failed, !coming.length);
    }, true);
  }
})();
