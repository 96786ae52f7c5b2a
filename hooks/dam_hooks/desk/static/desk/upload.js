// Uploading one file after the other, so that each is answered at once and a lost one is sent again. Without it the form works.
"use strict";
(() => {
  const form = document.querySelector("#upload"), list = document.querySelector("#uploaded");
  if (!form) return;
  let open = 0;

  form.addEventListener("submit", async (event) => {
    const inputs = [...form.querySelectorAll("input[type=file]")], files = inputs.flatMap((each) => [...each.files]);
    if (!files.length) return;
    event.preventDefault();
    inputs.forEach((each) => { each.value = ""; });
    for (const file of files) await send(file, line(file));
  });

  function line(file) {
    const item = document.createElement("li"), name = document.createElement("strong");
    name.dir = "auto"; name.textContent = file.name;
    item.append(name, " ", document.createElement("span"));
    list.prepend(item);
    return item;
  }

  const post = (body) => fetch(form.action, { method: "POST", body, credentials: "same-origin", headers: { "X-Desk-Part": "1" } });

  async function send(file, item) {
    const said = item.querySelector("span"), data = new FormData();
    item.querySelector("button")?.remove();
    item.className = ""; said.textContent = form.dataset.sending; open += 1;
    for (const name of ["csrfmiddlewaretoken", "folder"]) data.set(name, form.elements[name].value);
    data.set("files", file, file.name);
    let told = form.dataset.lost;
    try {
      let answer = await post(data);
      if (answer.status === 403) {
        // Who signed in again meanwhile has another token: asked for once.
        const fresh = new DOMParser().parseFromString(await (await fetch(form.action, { credentials: "same-origin" })).text(), "text/html");
        const token = fresh.querySelector("#upload [name=csrfmiddlewaretoken]")?.value;
        if (token) { form.elements.csrfmiddlewaretoken.value = token; data.set("csrfmiddlewaretoken", token); answer = await post(data); }
      }
      const page = new DOMParser().parseFromString(await answer.text(), "text/html"), made = page.querySelector("[data-uploaded]");
      if (answer.ok && !answer.redirected && made) { item.replaceWith(document.adoptNode(made)); return; }
      if (answer.redirected || answer.status === 403) told = form.dataset.signedOut;
    } catch { /* no connection */ } finally { open -= 1; }
    item.className = "desk-red"; said.textContent = `${told} `;
    const again = document.createElement("button");
    again.type = "button"; again.className = "usa-button usa-button--outline"; again.textContent = form.dataset.again;
    again.addEventListener("click", () => send(file, item));
    item.append(again);
  }

  addEventListener("beforeunload", (event) => { if (open) event.preventDefault(); });
})();
