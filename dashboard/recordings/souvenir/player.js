// The player. The page opens at the end of the run, with everything on it; Play starts it again.

import {
  countPictures,
  countUntil,
  formatClock,
  formatLength,
  numbersAt,
  usualSpeed,
} from "./moments.js";

const find = (selector) => document.querySelector(selector);
const findAll = (selector) => [...document.querySelectorAll(selector)];

const run = JSON.parse(find("#run").textContent);
const [play, range, output, wall, dialog] = [
  ...[".play", "input", "output", ".pictures-wall", "dialog"].map(find),
];
const speeds = findAll(".speed");
const pictureTimes = run.pictures.map((picture) => picture.at);
const noteTimes = run.notes.map((note) => note.at);
const state = { at: run.length, speed: 1, playing: false, shownPictures: -1, before: 0 };

function createPicture(picture) {
  const button = document.createElement("button");
  const image = document.createElement("img");
  const caption = document.createElement("span");
  caption.dir = "auto";
  image.src = picture.url;
  image.alt = "";
  caption.textContent = picture.prompt;
  button.append(image, caption);
  button.addEventListener("click", () => enlarge(picture));
  return button;
}

function enlarge(picture) {
  const [image, prompt, link] = dialog.querySelectorAll("img, p, a");
  image.src = picture.url;
  image.alt = picture.prompt;
  prompt.textContent = picture.prompt;
  link.href = picture.url;
  dialog.showModal();
}

function showNumbers() {
  const numbers = numbersAt(run.numbers, state.at);
  numbers.pictures = countPictures(numbers.pictures, countUntil(pictureTimes, state.at));
  for (const cell of findAll("[data-number]")) {
    const number = numbers[cell.dataset.number];
    cell.textContent = number ?? "unknown";
    cell.classList.toggle("unknown", number === null);
  }
  const wanted = numbers.wanted ?? 0;
  const ready = find("[data-number=ready]");
  if (ready && numbers.ready !== null && wanted) ready.append(ofWanted(wanted));
}

function ofWanted(number) {
  const text = document.createElement("em");
  text.textContent = ` of ${number} wanted`;
  return text;
}

/** Show the pictures that existed, newest first; the first one is large. */
function showPictures() {
  const shown = countUntil(pictureTimes, state.at);
  if (shown === state.shownPictures) return;
  state.shownPictures = shown;
  const hidden = run.pictures.length - shown;
  for (const [index, picture] of [...wall.children].entries()) {
    picture.hidden = index < hidden;
    picture.classList.toggle("large", index === hidden);
  }
}

/** Cover what is still to come. */
function showTimeline() {
  const share = state.at / run.length;
  for (const chart of findAll(".chart [data-left]")) {
    const left = Number(chart.dataset.left);
    const future = chart.querySelector(".future");
    future.hidden = share >= 1;
    future.style.left = `${100 * (left + share * (1 - left))}%`;
  }
  const note = run.notes[countUntil(noteTimes, state.at) - 1];
  find(".note").textContent = note ? `${formatClock(run.start + note.at)} ${note.text}` : "";
}

function show() {
  const clock = formatClock(run.start + state.at);
  const position = `${formatLength(state.at)} of ${formatLength(run.length)}`;
  range.value = state.at;
  range.setAttribute("aria-valuetext", `${position}, ${clock}`);
  output.textContent = `${position} · ${clock}`;
  play.textContent = state.playing ? "Pause" : "Play";
  showNumbers();
  showPictures();
  showTimeline();
}

function goTo(at) {
  state.at = Math.min(run.length, Math.max(0, at));
  if (state.at >= run.length) state.playing = false;
  show();
}

function advance(now) {
  if (!state.playing) return;
  goTo(state.at + ((now - state.before) / 1000) * state.speed);
  state.before = now;
  requestAnimationFrame(advance);
}

function toggle() {
  if (state.at >= run.length) state.at = 0;
  state.playing = !state.playing;
  state.before = performance.now();
  show();
  if (state.playing) requestAnimationFrame(advance);
}

function setSpeed(speed) {
  state.speed = speed;
  for (const button of speeds) button.ariaPressed = String(Number(button.value) === speed);
}

function seekInChart(event) {
  const { left, width } = event.currentTarget.getBoundingClientRect();
  const start = Number(event.currentTarget.dataset.left);
  goTo((((event.clientX - left) / width - start) / (1 - start)) * run.length);
}

function handleKey(event) {
  if (event.key !== " " || event.target.closest("button, a, input, dialog")) return;
  event.preventDefault();
  toggle();
}

wall.append(...run.pictures.map(createPicture).reverse());
range.max = run.length;
find(".controls").hidden = false;
play.addEventListener("click", toggle);
range.addEventListener("input", () => goTo(Number(range.value)));
for (const button of speeds) {
  button.addEventListener("click", () => setSpeed(Number(button.value)));
}
for (const chart of findAll(".chart [data-left]")) chart.addEventListener("click", seekInChart);
document.addEventListener("keydown", handleKey);
setSpeed(
  usualSpeed(
    speeds.map((button) => Number(button.value)),
    run.length,
  ),
);
show();
