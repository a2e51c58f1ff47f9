// Sliders with a ring at the real value. A slider that is being moved keeps its value: what the
// server sends replaces it only with a new generation, after "Find" or "Reset".

const SEND_EVERY_MILLISECONDS = 120;

function createElement(tag, className, text = "") {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

function format(dial, value) {
  if (value === null || value === undefined) return "not set";
  if (dial.unit === "money") return value.toFixed(2);
  const digits = dial.step < 1 ? 1 : 0;
  const number = Number(value).toFixed(Number.isInteger(value) ? 0 : digits);
  return dial.unit ? `${number} ${dial.unit}` : number;
}

const share = (dial, value) => (100 * (value - dial.low)) / (dial.high - dial.low || 1);

const current = (box, dial) => box.changes[dial.name] ?? dial.real;

function send(box) {
  clearTimeout(box.timer);
  box.timer = undefined;
  box.setTriggerValue("moved", { ...box.changes });
}

function move(box, dial, value) {
  if (value === dial.real) delete box.changes[dial.name];
  else box.changes[dial.name] = value;
  draw(box);
  box.timer ??= setTimeout(() => send(box), SEND_EVERY_MILLISECONDS);
}

function createSlider(box, dial) {
  const row = createElement("label", "dial");
  const name = createElement("span", "name");
  const value = createElement("b", "");
  const real = createElement("em", "");
  const track = createElement("span", "track");
  const input = createElement("input", "");
  input.type = "range";
  input.addEventListener("input", () => move(box, row.dial, Number(input.value)));
  track.append(createElement("u", ""), createElement("s", ""), input);
  const head = createElement("span", "head");
  const values = createElement("span", "");
  values.append(value, real);
  head.append(name, values);
  row.append(head, track);
  row.parts = { name, value, real, track, input };
  row.dial = dial;
  return row;
}

function createSwitch(box, dial) {
  const row = createElement("label", "dial switch");
  const input = createElement("input", "");
  input.type = "checkbox";
  input.addEventListener("change", () => move(box, row.dial, input.checked ? 1 : 0));
  const name = createElement("span", "name");
  row.append(input, name);
  row.parts = { name, input };
  row.dial = dial;
  return row;
}

function paintSlider(box, row) {
  const { dial } = row;
  const { name, value, real, track, input } = row.parts;
  const now = current(box, dial);
  name.textContent = dial.label;
  value.textContent = format(dial, now);
  const differs = now !== dial.real;
  const known = dial.real !== null;
  real.textContent =
    differs && known ? `${dial.word} ${format(dial, dial.real)}` : `as ${dial.word}`;
  real.hidden = !known;
  Object.assign(input, { min: dial.low, max: dial.high, step: dial.step });
  if (Number(input.value) !== now) input.value = now ?? dial.low;
  input.setAttribute("aria-valuetext", `${value.textContent}, ${real.textContent}`);
  track.style.setProperty("--at", `${share(dial, now ?? dial.low)}%`);
  track.style.setProperty("--was", `${share(dial, dial.real ?? dial.low)}%`);
  track.classList.toggle("moved", differs && known);
}

function draw(box) {
  for (const row of box.querySelectorAll(".dial")) {
    if (row.classList.contains("switch")) {
      row.parts.name.textContent = row.dial.label;
      row.parts.input.checked = Boolean(current(box, row.dial));
    } else paintSlider(box, row);
  }
}

function createGroup(box, group) {
  const section = createElement(group.folded ? "details" : "section", "dial-group");
  const title = createElement(group.folded ? "summary" : "div", "section-title", group.title);
  title.append(createElement("span", "muted", group.beside));
  section.append(title);
  for (const dial of group.dials) {
    section.append(dial.unit === "switch" ? createSwitch(box, dial) : createSlider(box, dial));
  }
  return section;
}

// The dials are built anew only when there are others: a focused slider keeps the focus.
function build(box, groups) {
  const names = groups.flatMap(({ dials }) => dials.map(({ name }) => name)).join();
  if (box.names !== names) {
    box.names = names;
    box.replaceChildren(...groups.map((group) => createGroup(box, group)));
  }
  const dials = new Map(groups.flatMap((group) => group.dials.map((dial) => [dial.name, dial])));
  for (const row of box.querySelectorAll(".dial")) row.dial = dials.get(row.dial.name);
}

export default function ({ data, parentElement, setTriggerValue }) {
  const box = parentElement.querySelector(".dials");
  box.setTriggerValue = setTriggerValue;
  if (box.generation !== data.generation) {
    box.generation = data.generation;
    box.changes = { ...data.changes };
  }
  build(box, data.groups);
  draw(box);
}
