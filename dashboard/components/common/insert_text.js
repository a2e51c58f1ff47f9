// Inserts text at the cursor as if it was typed: the browser's undo keeps it, and the field's
// own listeners are notified. Nothing else does both.
export function insertText(text) {
  document.execCommand("insertText", false, text);
}
