// HTML that changes in place: what is the same stays the same element, so a refresh takes
// nobody's focus, selection or place in a list. Elements with a data-key are followed by it
// when others come before them; all others by their position.

function isSame(old, wanted) {
  return old?.nodeName === wanted.nodeName && old.dataset?.key === wanted.dataset?.key;
}

function change(old, wanted) {
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.nodeValue !== wanted.nodeValue) old.nodeValue = wanted.nodeValue;
    return;
  }
  for (const { name } of [...old.attributes]) {
    if (!wanted.hasAttribute(name)) old.removeAttribute(name);
  }
  for (const { name, value } of wanted.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  changeChildren(old, wanted);
}

function changeChildren(parent, wanted) {
  const keys = new Set([...wanted.children].map((child) => child.dataset.key));
  const keyed = new Map();
  for (const child of [...parent.children]) {
    const { key } = child.dataset;
    if (key === undefined) continue;
    if (keys.has(key)) keyed.set(key, child);
    else child.remove();
  }
  let place = parent.firstChild;
  for (const child of [...wanted.childNodes]) {
    const key = child.dataset?.key;
    const old = key === undefined ? place : keyed.get(key);
    if (!isSame(old, child)) {
      parent.insertBefore(child, place);
      continue;
    }
    if (old !== place) parent.insertBefore(old, place);
    change(old, child);
    place = old.nextSibling;
  }
  while (place) {
    const next = place.nextSibling;
    place.remove();
    place = next;
  }
}

function update(root, html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  const focused = document.activeElement;
  changeChildren(root, template.content);
  // An element that was moved within its list is still there, but lost the focus.
  if (focused !== document.activeElement && root.contains(focused)) {
    focused.focus({ preventScroll: true });
  }
}

// A plain click is told to the page; with a modifier a link opens its address, as always.
function onClick(root, event) {
  const link = event.target.closest("[data-opens]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  root.open(link.dataset.opens);
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".live-html");
  if (!root.open) root.addEventListener("click", (event) => onClick(root, event));
  root.open = (name) => setTriggerValue("opened", name);
  update(root, data.html);
}
