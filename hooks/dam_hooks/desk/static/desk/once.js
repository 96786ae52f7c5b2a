// A second click on a button, while its form is on its way, sends nothing: it would make a second link or a second request.
const sent = new WeakMap();
document.addEventListener("submit", (event) => {
  // A page's own script has sent it, or the form only asks for another page.
  if (event.defaultPrevented || event.target.method !== "post") return;
  const last = sent.get(event.target);
  if (last !== undefined && event.timeStamp - last < 5000) event.preventDefault();
  else sent.set(event.target, event.timeStamp);
});
