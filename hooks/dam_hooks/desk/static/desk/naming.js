// Naming people in a recording: names by a few letters, boxes drawn on the picture, and sending without losing anything.
// The list beside the picture is the form; a box is four numbers of its row. Without this script the form works, too.
"use strict";
(() => {
  const LETTERS = 2, WAIT = 120;
  const SIDES = ["left", "top", "width", "height"];
  let form, annotator, pending = null, face = null, changed = false, sending = false;

  const one = (what, from = document) => from.querySelector(what);
  const all = (what, from = document) => [...from.querySelectorAll(what)];
  const rows = () => all("[data-row]", one("#naming-rows"));
  const field = (row, name) => one(`[name$="-${name}"]`, row);
  const tell = (text) => { one("#naming-said").textContent = text; };

  function begin() {
    form = one("#naming");
    annotator = null; pending = null; face = null; changed = false;
    if (!form) return;
    form.addEventListener("submit", send);
    form.addEventListener("input", (event) => { if (event.target.name === "q") return; changed = true; if (SIDES.some((side) => event.target.name?.endsWith(`-${side}`))) draw(); });
    form.addEventListener("click", clicked);
    form.addEventListener("keydown", noStraySubmit);
    for (const undo of all(".desk-undo")) undo.addEventListener("submit", send);
    combo(one("#naming-q", form));
    const details = one("[data-roster]", form);
    details.hidden = false;
    details.addEventListener("toggle", grades);
    one("[data-find-button]", form).hidden = true;
    const every = one("[data-all]", form);
    if (every) {
      every.hidden = false;
      one("input", every).addEventListener("change", (event) => { for (const each of all('[name="pick"]', form)) each.checked = event.target.checked; });
    }
    const picture = one("#naming-picture", form);
    if (picture) picture.complete && picture.naturalWidth ? onPicture(picture) : picture.addEventListener("load", () => onPicture(picture));
    number();
    if (!matchMedia("(pointer: coarse)").matches) one("#naming-q", form).focus({ preventScroll: true });
  }

  // Rows

  function add(id, name, grade) {
    const count = one('[name="p-TOTAL_FORMS"]', form), at = Number(count.value);
    const known = rows().find((row) => field(row, "student").value === id && !isGone(row));
    const box = takeBox();
    if (known && (!box || !boxOf(known))) {
      if (box) put(known, box);
    } else {
      if (at >= Number(form.dataset.most)) return;
      const holder = document.createElement("div");
      holder.append(one("#naming-row").content.cloneNode(true));
      const row = one("[data-row]", holder);
      for (const each of all("[name], [id], [for]", row))
        for (const what of ["name", "id", "for"])
          if (each.hasAttribute(what)) each.setAttribute(what, each.getAttribute(what).replace("__prefix__", at));
      field(row, "student").value = id;
      one("[data-name]", row).textContent = name;
      one("[data-grade]", row).textContent = grade ? `, ${grade}` : "";
      one("#naming-rows").append(row);
      count.value = at + 1;
      if (box) put(row, box);
      const start = field(row, "start"), player = one("[data-player]", form);
      if (start && player && player.currentTime > 0) start.value = clock(player.currentTime);
    }
    changed = true;
    number(); draw();
    tell(grade ? `${name}, ${grade}` : name);
  }

  const isGone = (row) => Boolean(field(row, "DELETE")?.checked);
  const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

  function number() { rows().forEach((row, at) => { one(".desk-number", row).textContent = at + 1; row.classList.toggle("desk-gone", isGone(row)); }); }

  function boxOf(row) {
    const box = SIDES.map((side) => field(row, side)?.value);
    return box.every((each) => each) ? box.map(Number) : null;
  }

  function put(row, box) { SIDES.forEach((side, at) => { field(row, side).value = Math.round(box[at] * 1000) / 1000; }); }

  // The box that the next name is for: one just drawn, or a face that was chosen.
  function takeBox() {
    let box = null;
    if (pending && annotator) {
      const drawn = annotator.getAnnotations().find((each) => each.id === pending);
      if (drawn) { box = percents(drawn); annotator.removeAnnotation(pending); }
    } else if (face) {
      box = face.dataset.faceBox.split(",").map(Number);
      face.parentElement.remove();
    }
    pending = null; face = null;
    return box;
  }

  function clicked(event) {
    const button = event.target.closest("button");
    if (event.target.type === "checkbox") { number(); draw(); }
    if (!button) return;
    if (button.name === "add") {
      event.preventDefault();
      add(button.value, one("span", button).textContent, button.dataset.grade);
      one("#naming-q", form).focus({ preventScroll: true });
    } else if (button.dataset.faceBox) chooseFace(button);
    else if (button.dataset.rosterGrade) roster(button.dataset.rosterGrade, 0);
  }

  function chooseFace(button) {
    face = face === button ? null : button;
    pending = null;
    for (const each of all("[data-face-box]", form)) each.setAttribute("aria-pressed", String(each === face));
    draw();
    if (face) one("#naming-q", form).focus({ preventScroll: true });
  }

  // Boxes on the picture

  function onPicture(picture) {
    if (!window.Annotorious || annotator) return;
    annotator = Annotorious.createImageAnnotator(picture, { drawingEnabled: true });
    annotator.setDrawingTool("rectangle");
    annotator.on("createAnnotation", (made) => {
      if (pending) annotator.removeAnnotation(pending);
      pending = made.id; face = null;
      one("#naming-q", form).focus({ preventScroll: true });
    });
    annotator.on("updateAnnotation", (made) => {
      if (made.id.startsWith("row-")) { moved(made); changed = true; labels(); }
    });
    annotator.on("clickAnnotation", (made) => {
      if (made.id.startsWith("face-")) { const button = all("[data-face-box]", form)[Number(made.id.slice(5))]; if (button) chooseFace(button); }
    });
    draw();
  }

  function moved(made) {
    const row = rows()[Number(made.id.slice(4))], box = percents(made), known = row && boxOf(row);
    if (row && !(known && known.every((part, at) => Math.abs(part - box[at]) < 0.01))) put(row, box);
  }

  // A box that is still being moved counts where it is.
  function settle() {
    if (!annotator) return;
    annotator.setSelected();
    annotator.getAnnotations().filter((made) => made.id.startsWith("row-")).forEach(moved);
  }

  function percents(made) {
    const picture = one("#naming-picture", form), { minX, minY, maxX, maxY } = made.target.selector.geometry.bounds;
    const w = picture.naturalWidth, h = picture.naturalHeight, within = (part) => Math.min(100, Math.max(0, part * 100));
    const left = within(minX / w), top = within(minY / h);
    return [left, top, within(maxX / w) - left, within(maxY / h) - top];
  }

  function shape(id, box) {
    const picture = one("#naming-picture", form), [x, y, w, h] = box.map((part, at) => part / 100 * (at % 2 ? picture.naturalHeight : picture.naturalWidth));
    const geometry = { x, y, w, h, bounds: { minX: x, minY: y, maxX: x + w, maxY: y + h } };
    return { id, bodies: [], target: { annotation: id, selector: { type: "RECTANGLE", geometry } } };
  }

  function draw() {
    if (!annotator) return;
    const drawn = annotator.getAnnotations().filter((each) => each.id === pending);
    const named = rows().map((row, at) => [`row-${at}`, !isGone(row) && boxOf(row)]);
    const faces = all("[data-face-box]", form).map((each, at) => [`face-${at}`, each.dataset.faceBox.split(",").map(Number)]);
    annotator.setAnnotations([...drawn, ...[...named, ...faces].filter(([, box]) => box).map(([id, box]) => shape(id, box))], true);
    // By classes: styles of its own the page's policy does not let it set.
    all("[data-face-box]", form).forEach((each, at) => one(`[data-id="face-${at}"]`, form)?.classList.toggle("desk-chosen", each === face));
    labels();
  }

  function labels() {
    const figure = one("#naming-figure", form);
    all(".desk-box-label", figure).forEach((each) => each.remove());
    rows().forEach((row, at) => {
      const box = !isGone(row) && boxOf(row);
      if (!box) return;
      const label = document.createElement("span");
      label.className = "desk-box-label"; label.textContent = at + 1; label.setAttribute("aria-hidden", "true");
      label.style.left = `${box[0]}%`; label.style.top = `${box[1]}%`;
      figure.append(label);
    });
  }

  // Names by letters

  async function ask(data) {
    const body = new URLSearchParams(data);
    body.set("csrfmiddlewaretoken", one('[name="csrfmiddlewaretoken"]', form).value);
    const answer = await fetch(form.dataset.find, { method: "POST", body, credentials: "same-origin" });
    if (!answer.ok || answer.redirected) throw new Error("no answer");
    return answer.json();
  }

  function combo(input) {
    const list = one("#naming-options", form);
    let found = [], at = -1, timer = 0, asked = 0, wanted = false;
    for (const [name, value] of Object.entries({ role: "combobox", "aria-expanded": "false", "aria-controls": list.id, "aria-autocomplete": "list" })) input.setAttribute(name, value);
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", one(`label[for="${input.id}"]`, form).textContent);

    function show(students, text) {
      found = students; at = students.length ? 0 : -1;
      list.replaceChildren(...students.map((each, index) => {
        const option = document.createElement("li"), name = document.createElement("span");
        option.id = `naming-option-${index}`; option.setAttribute("role", "option");
        name.dir = "auto"; name.textContent = each.name;
        option.append(name, [each.grade && `, ${each.grade}`, each.remark && ` (${each.remark})`].filter(Boolean).join(""));
        option.addEventListener("pointerdown", (event) => { event.preventDefault(); at = index; pick(); });
        return option;
      }));
      list.hidden = !students.length; input.setAttribute("aria-expanded", String(!list.hidden));
      if (text) tell(text);
      mark();
    }
    function mark() {
      [...list.children].forEach((each, index) => each.setAttribute("aria-selected", String(index === at)));
      if (at >= 0) { input.setAttribute("aria-activedescendant", `naming-option-${at}`); list.children[at].scrollIntoView({ block: "nearest" }); }
      else input.removeAttribute("aria-activedescendant");
    }
    function pick() { const each = found[at]; if (!each) return; input.value = ""; show([]); add(each.id, each.name, each.grade); }
    async function look() {
      const text = input.value.trim(), mine = ++asked;
      if (!text || (text.length < LETTERS && text.charCodeAt(0) < 128)) { show([]); return; }
      try {
        const told = await ask({ q: text });
        if (mine !== asked) return;
        show(told.students, told.students.length ? told.said : form.dataset.none);
        if (wanted) { wanted = false; if (found.length === 1) pick(); }
      } catch { if (mine === asked) tell(form.dataset.offline); }
    }
    input.addEventListener("input", () => { wanted = false; clearTimeout(timer); found = []; at = -1; timer = setTimeout(look, WAIT); });
    input.addEventListener("blur", () => show([]));
    input.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (found.length) { at = (at + (event.key === "ArrowDown" ? 1 : -1) + found.length) % found.length; mark(); }
      } else if (event.key === "Escape") { show([]); }
      else if (event.key === "Enter") {
        event.preventDefault(); event.stopPropagation();
        // Whoever types faster than the answer comes picks nobody by chance: only the one who is left is taken.
        if (found.length && at >= 0) pick(); else if (input.value.trim()) wanted = true;
        else if (!event.repeat) form.requestSubmit(one("[data-save]", form));
      }
    });
  }

  function noStraySubmit(event) {
    if (event.key === "Enter" && event.target.tagName === "INPUT" && event.target.type !== "checkbox") event.preventDefault();
  }

  async function grades() {
    const list = one("#naming-grades", form);
    if (list.children.length) return;
    try {
      for (const each of (await ask({ grades: "1" })).grades) {
        const item = document.createElement("li"), tap = document.createElement("button");
        tap.type = "button"; tap.className = "desk-chip"; tap.dataset.rosterGrade = each.id; tap.textContent = each.name;
        tap.setAttribute("aria-pressed", "false");
        item.append(tap); list.append(item);
      }
    } catch { tell(form.dataset.offline); }
  }

  async function roster(grade, skip) {
    const list = one("#naming-roster", form);
    for (const each of all("[data-roster-grade]", form)) each.setAttribute("aria-pressed", String(each.dataset.rosterGrade === grade));
    try {
      const told = await ask({ grade, skip });
      if (!skip) list.replaceChildren(); else list.lastElementChild.remove();
      for (const each of told.students) {
        const item = document.createElement("li"), tap = document.createElement("button"), name = document.createElement("span");
        tap.className = "desk-chip"; tap.name = "add"; tap.value = each.id; tap.dataset.grade = each.grade;
        name.dir = "auto"; name.textContent = each.name;
        tap.append(name, each.remark ? ` (${each.remark})` : "");
        item.append(tap); list.append(item);
      }
      if (told.more) {
        const item = document.createElement("li"), more = document.createElement("button");
        more.type = "button"; more.className = "desk-chip"; more.textContent = form.dataset.more;
        more.addEventListener("click", (event) => { event.stopPropagation(); roster(grade, skip + told.students.length); });
        item.append(more); list.append(item);
      }
      tell(told.said);
    } catch { tell(form.dataset.offline); }
  }

  // Sending: the page stays as it is until the desk has answered

  async function send(event) {
    event.preventDefault();
    if (sending) return;
    if (event.target === form) settle();
    const sent = event.target, data = new FormData(sent, event.submitter?.name ? event.submitter : undefined);
    sending = true; one("#naming-news").replaceChildren(); tell(form.dataset.saving);
    const buttons = all("button", sent).filter((each) => !each.disabled);
    buttons.forEach((each) => { each.disabled = true; });
    let told = form.dataset.offline;
    try {
      let answer = await post(sent.action, data);
      if (answer.status === 403) {
        // Who signed in again meanwhile has another token: asked for once.
        const fresh = new DOMParser().parseFromString(await (await fetch(location.href, { credentials: "same-origin" })).text(), "text/html");
        const token = one('#naming [name="csrfmiddlewaretoken"]', fresh)?.value;
        if (token) { all('[name="csrfmiddlewaretoken"]').forEach((each) => { each.value = token; }); data.set("csrfmiddlewaretoken", token); answer = await post(sent.action, data); }
      }
      const html = await answer.text();
      if (new URL(answer.url).pathname.includes("/accounts/") || answer.status === 403) told = form.dataset.signedOut;
      else if (answer.status >= 500) told = form.dataset.broken;
      else { turn(html, answer.redirected ? answer.url : null); return; }
    } catch { /* no connection */ } finally { sending = false; buttons.forEach((each) => { each.disabled = false; }); }
    tell("");
    const alert = one("#naming-news");
    alert.replaceChildren();
    const box = document.createElement("div"); box.className = "usa-alert usa-alert--error usa-alert--slim"; box.setAttribute("role", "alert");
    const body = document.createElement("div"); body.className = "usa-alert__body";
    const text = document.createElement("p"); text.className = "usa-alert__text"; text.textContent = told;
    body.append(text); box.append(body); alert.append(box);
    alert.scrollIntoView({ block: "nearest" });
  }

  const post = (action, body) => fetch(action, { method: "POST", body, credentials: "same-origin" });

  // Show the page that was answered, without loading scripts and styles again.
  function turn(html, address) {
    const page = new DOMParser().parseFromString(html, "text/html"), main = one("main", page);
    if (!main || (address && !one("#naming", page))) { changed = false; location.assign(address || location.href); return; }
    annotator?.destroy();
    one("main").replaceWith(document.adoptNode(main));
    document.title = page.title;
    if (address) history.pushState(null, "", address);
    scrollTo(0, 0);
    begin();
    changed = !address && Boolean(form);
    one('.usa-alert--error, .usa-alert--warning, .usa-error-message')?.scrollIntoView({ block: "center" });
  }

  addEventListener("popstate", () => location.reload());
  addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
  document.addEventListener("click", (event) => { if (event.target.closest("[data-skip]")) changed = false; });
  begin();
})();
