// Patches a subtree in place. Nodes that are still wanted stay the same nodes, so an update
// takes away neither focus, nor selection, nor scroll position. Elements with a data-key are
// matched by it, those with the same key in order, and all others by their position.

function isSameElement(current, target) {
  return current?.nodeName === target.nodeName && current.dataset?.key === target.dataset?.key;
}

function patchAttributes(current, target) {
  for (const { name } of [...current.attributes]) {
    if (!target.hasAttribute(name)) current.removeAttribute(name);
  }
  for (const { name, value } of target.attributes) {
    if (current.getAttribute(name) !== value) current.setAttribute(name, value);
  }
}

function patchNode(current, target) {
  if (current.nodeType === Node.ELEMENT_NODE) {
    patchAttributes(current, target);
    patchChildren(current, target);
  } else if (current.nodeValue !== target.nodeValue) {
    current.nodeValue = target.nodeValue;
  }
}

/** Make keys unique: the second child with a key gets its number, and so on. */
function numberEqualKeys(parent) {
  const counts = new Map();
  for (const child of parent.children) {
    const { key } = child.dataset;
    if (key === undefined) continue;
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    if (count > 1) child.dataset.key = `${key}\n${count}`;
  }
}

/** Remove keyed children that the target lacks; return the others by their key. */
function takeKeyedChildren(parent, target) {
  const targetKeys = new Set([...target.children].map((child) => child.dataset.key));
  const keyed = new Map();
  for (const child of [...parent.children]) {
    const { key } = child.dataset;
    if (key === undefined) continue;
    if (targetKeys.has(key)) keyed.set(key, child);
    else child.remove();
  }
  return keyed;
}

function removeFrom(node) {
  let current = node;
  while (current) {
    const next = current.nextSibling;
    current.remove();
    current = next;
  }
}

function patchChildren(parent, target) {
  numberEqualKeys(target);
  const keyed = takeKeyedChildren(parent, target);
  let cursor = parent.firstChild;
  for (const child of [...target.childNodes]) {
    const key = child.dataset?.key;
    const current = key === undefined ? cursor : keyed.get(key);
    if (!isSameElement(current, child)) {
      parent.insertBefore(child, cursor);
      continue;
    }
    if (current !== cursor) parent.insertBefore(current, cursor);
    patchNode(current, child);
    cursor = current.nextSibling;
  }
  removeFrom(cursor);
}

/** Make the children of root equal to the HTML. */
export function patch(root, html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  const focused = document.activeElement;
  patchChildren(root, template.content);
  // Moving an element within its list takes its focus away.
  if (focused !== document.activeElement && root.contains(focused)) {
    focused.focus({ preventScroll: true });
  }
}

function handleClick(root, event) {
  const link = event.target.closest("[data-opens]");
  // With a modifier key, a link opens its address as usual.
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  root.emitOpened(link.dataset.opens);
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".live-html");
  if (!root.emitOpened) root.addEventListener("click", (event) => handleClick(root, event));
  root.emitOpened = (name) => setTriggerValue("opened", name);
  patch(root, data.html);
}
