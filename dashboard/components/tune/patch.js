// The patch, and a button that copies it. Browsers give pages without HTTPS no clipboard, so the
// text is selected there, ready for Ctrl+C.

const CONFIRMED_MILLISECONDS = 2000;

function createElement(tag, text = "") {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}

function select(element) {
  const range = document.createRange();
  range.selectNodeContents(element);
  const selection = getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
}

async function copy(box) {
  try {
    await navigator.clipboard.writeText(box.text);
    confirm(box, "Copied");
  } catch {
    select(box.code);
    confirm(box, "Selected: press Ctrl+C");
  }
}

function confirm(box, word) {
  box.button.textContent = word;
  clearTimeout(box.timer);
  box.timer = setTimeout(() => {
    box.button.textContent = "Copy";
  }, CONFIRMED_MILLISECONDS);
}

function createLine([before, value, after]) {
  const line = createElement("span", before);
  line.append(createElement("b", value), createElement("i", after), "\n");
  return line;
}

export default function ({ data, parentElement }) {
  const box = parentElement.querySelector(".patch");
  if (!box.button) {
    box.button = createElement("button", "Copy");
    box.button.type = "button";
    box.button.setAttribute("aria-live", "polite");
    box.button.addEventListener("click", () => copy(box));
    box.code = createElement("pre");
    box.code.tabIndex = 0;
    box.replaceChildren(box.button, box.code);
  }
  if (box.text === data.text) return;
  box.text = data.text;
  box.code.replaceChildren(...data.lines.map(createLine));
}
