// HTML text in which every value is escaped, unless it is HTML already.

const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

class Html {
  constructor(text) {
    this.text = text;
  }
}

function render(value) {
  if (Array.isArray(value)) return value.map(render).join("");
  if (value instanceof Html) return value.text;
  return String(value ?? "").replace(/[&<>"']/g, (letter) => ESCAPES[letter]);
}

/** The tag of template literals that are HTML. */
export function html(strings, ...values) {
  return new Html(strings.reduce((text, part, index) => text + render(values[index - 1]) + part));
}
