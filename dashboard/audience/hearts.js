// Hearts: gives them without leaving the page, and keeps the counts of everybody live. Pictures
// never move under a finger: new ones are shown on request.

const POLL_INTERVAL_MILLISECONDS = 5000;
const section = document.querySelector("#room");
const [message, more] = section ? section.querySelectorAll("[role=alert], .more") : [];

const list = () => section.querySelector("ul");
const namesIn = (pictures) => [...pictures.children].map((picture) => picture.dataset.name);

/** Take over the buttons of the pictures that both lists have; return the number of new ones. */
export function merge(shown, latest) {
  const updated = new Map([...latest.children].map((picture) => [picture.dataset.name, picture]));
  for (const picture of shown.children) {
    const button = picture.querySelector("button");
    const newer = updated.get(picture.dataset.name)?.querySelector("button");
    if (newer && button.outerHTML !== newer.outerHTML) copy(newer, button);
  }
  const known = new Set(namesIn(shown));
  return [...updated.keys()].filter((name) => !known.has(name)).length;
}

/** Change a button in place, so that it keeps the focus. */
function copy(from, to) {
  for (const { name, value } of from.attributes) to.setAttribute(name, value);
  to.replaceChildren(...from.cloneNode(true).childNodes);
}

async function refresh(replace = false) {
  const response = await fetch(section.dataset.pictures);
  if (!response.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const latest = document.importNode(page.querySelector("ul"), true);
  const isNew = merge(list(), latest);
  if (replace || !list().children.length) {
    list().replaceWith(latest);
    more.hidden = true;
  } else {
    more.hidden = isNew === 0;
    more.textContent = isNew === 1 ? "Show 1 new picture" : `Show ${isNew} new pictures`;
  }
}

async function give(form, button) {
  if (button.ariaBusy === "true") return; // a second tap waits for the first one
  button.ariaBusy = "true";
  const body = new URLSearchParams({ given: button.value });
  try {
    const response = await fetch(form.action, { method: "POST", body, redirect: "manual" });
    const isRefused = response.type !== "opaqueredirect";
    message.textContent = isRefused ? await response.text() : "";
    await refresh();
  } catch {
    message.textContent = "The network is unavailable. Your heart was not sent.";
  } finally {
    button.ariaBusy = "false";
  }
}

async function poll() {
  if (!document.hidden) await refresh().catch(() => {}); // the next poll retries
  setTimeout(poll, POLL_INTERVAL_MILLISECONDS);
}

if (section) {
  section.addEventListener("submit", (event) => {
    event.preventDefault();
    give(event.target, event.submitter);
  });
  more.addEventListener("click", () => refresh(true).catch(() => {}));
  setTimeout(poll, POLL_INTERVAL_MILLISECONDS);
}
