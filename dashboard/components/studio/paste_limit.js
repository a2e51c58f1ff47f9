// Text that is pasted into a field beyond its limit is cut, and a sentence states it. Without
// this, Streamlit's text area drops the whole text.

import { insertText } from "../common/insert_text.js";

function cut(field, pasted, limit) {
  const { selectionStart, selectionEnd, value } = field;
  const room = limit - (value.length - (selectionEnd - selectionStart));
  return pasted.slice(0, Math.max(0, room));
}

function handlePaste(event, limits, show) {
  const key = Object.keys(limits).find((each) => event.target.closest?.(`.st-key-${each}`));
  if (!key) return;
  // A text area counts a line break of Windows as one character.
  const pasted = event.clipboardData.getData("text/plain").replaceAll("\r\n", "\n");
  const text = cut(event.target, pasted, limits[key]);
  if (text.length === pasted.length) return show("");
  event.preventDefault();
  insertText(text);
  const limit = limits[key].toLocaleString("en");
  show(`The pasted text was cut: a prompt has at most ${limit} characters.`);
}

export default function ({ data, parentElement }) {
  const status = parentElement.querySelector("[role=status]");
  const show = (sentence) => {
    status.textContent = sentence;
  };
  const handle = (event) => handlePaste(event, data.limits, show);
  document.addEventListener("paste", handle, true);
  return () => document.removeEventListener("paste", handle, true);
}
