// Keeps the text of the prompt over a reload of the page, in this tab only.

import { insertText } from "../common/insert_text.js";

const KEY = "prompt-draft";
const FIELD = ".st-key-prompt textarea";

const find = () => document.querySelector(FIELD);

function save() {
  const field = find();
  if (field) sessionStorage.setItem(KEY, field.value);
}

function restore() {
  const field = find();
  const draft = sessionStorage.getItem(KEY);
  if (!field || field.value || !draft) return;
  const active = document.activeElement;
  field.focus();
  insertText(draft);
  if (active === document.body) field.blur();
  else active?.focus();
}

export default function () {
  restore();
  document.addEventListener("input", save, true);
  addEventListener("pagehide", save); // also what a suggestion has filled in
  return () => {
    document.removeEventListener("input", save, true);
    removeEventListener("pagehide", save);
  };
}
