// A full-screen button, with the key f as its shortcut. Browsers allow full screen only in
// response to a key press or a click.

const TEXT_FIELDS = "input, textarea, select, [contenteditable]";

function toggle() {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen();
}

function handleKey(event) {
  const isOtherShortcut = event.ctrlKey || event.metaKey || event.altKey || event.repeat;
  if (event.key !== "f" || isOtherShortcut || event.target.closest(TEXT_FIELDS)) return;
  toggle();
}

export default function ({ parentElement }) {
  parentElement.querySelector("button").onclick = toggle;
  document.addEventListener("keydown", handleKey);
  return () => document.removeEventListener("keydown", handleKey);
}
