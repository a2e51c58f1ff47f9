// A button that fills the screen with the page, also by the key f. Only the browser can do
// that, and only at a person's own key or click.

const FIELDS = "input, textarea, select, [contenteditable]";

function toggle() {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen();
}

function onKey(event) {
  const other = event.ctrlKey || event.metaKey || event.altKey || event.repeat;
  if (event.key !== "f" || other || event.target.closest(FIELDS)) return;
  toggle();
}

export default function ({ parentElement }) {
  parentElement.querySelector("button").onclick = toggle;
  document.addEventListener("keydown", onKey);
  return () => document.removeEventListener("keydown", onKey);
}
