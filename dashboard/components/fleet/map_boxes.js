// The boxes of the map as HTML: the decision above, the requests' way below.

import { html } from "./map_html.js";

const MAX_DOTS = 8;
const DOTS_BEFORE_NUMBER = 6; // with a number behind them, they still fit on one line
const PHASES = {
  p: "pending",
  s: "starting",
  i: "idle",
  g: "generating",
  e: "stopping",
  f: "failed",
};

const number = (value) => (value === null ? "unknown" : value.toLocaleString("en"));

function drawDots(count, form) {
  const shown = count > MAX_DOTS ? DOTS_BEFORE_NUMBER : (count ?? 0);
  const more = (count ?? 0) - shown;
  return html`<div class="dots" aria-hidden="true">${Array.from({ length: shown }, () => html`<i class="${form}"></i>`)}${more ? html`<small>+ ${number(more)}</small>` : ""}</div>`;
}

function drawDecision(box) {
  const passes = box.passes ? html`<em class="${box.hue}">${box.passes}</em>` : "";
  const lines = box.lines.map((line) => html`<span title="${line}">${line}</span>`);
  return html`<li data-key="${box.title}"><div class="box"><b>${box.title}</b> <span class="name" title="${box.name}">${box.name}</span>${lines}</div>${passes}</li>`;
}

function drawCount(value, text) {
  const kind = value === null ? "unknown" : "";
  return html`<div class="count"><b class="${kind}">${number(value)}</b> ${text}</div>`;
}

function drawQueue(queue) {
  return html`<section class="queue" aria-label="Queue"><h4>Queue <span>tasks</span></h4>${drawCount(queue.waiting, "waiting")}${drawDots(queue.waiting, "tint")}${drawCount(queue.taken, "taken, kept until stored")}${drawDots(queue.taken, "full")}</section>`;
}

function drawSteps(pod) {
  if (!pod.steps) return html`<span class="steps"></span>`;
  const share = Math.round((100 * pod.step) / pod.steps);
  return html`<span class="steps" style="--share: ${share}%; --steps: ${Math.min(pod.steps, 12)}"><i></i></span>`;
}

function drawRequests(count) {
  const dots = Array.from({ length: Math.min(count, 3) }, () => html`<i class="full"></i>`);
  return html`<span class="held" aria-hidden="true">${dots}${count > 3 ? html`<small>+ ${count - 3}</small>` : ""}</span>`;
}

function drawPod(pod, index, held) {
  return html`<li data-key="${pod.name}" data-pod="${index}" class="${pod.phase}"><b>${pod.name}</b><span class="phase">${pod.phase}</span><span class="text" title="${pod.text}">${pod.text}</span>${drawSteps(pod)}${drawRequests(held)}</li>`;
}

function drawFree(index, detailed) {
  return html`<li data-key="free ${index}" class="free">${detailed ? "no worker" : ""}</li>`;
}

function drawMeter(meter) {
  return html`<div class="meter"><span>${meter.name}</span><i style="--share: ${meter.percent}%"></i><span>${meter.text}</span></div>`;
}

function drawSquares(phases) {
  return [...phases].map((letter) => html`<li class="${PHASES[letter]}"></li>`);
}

function countPhases(phases) {
  const counts = {};
  for (const letter of phases) counts[PHASES[letter]] = (counts[PHASES[letter]] ?? 0) + 1;
  return Object.entries(counts)
    .map(([phase, count]) => `${count} ${phase}`)
    .join(", ");
}

function drawWorkers(place, index, map) {
  const held = (pod) =>
    Object.values(map.taken).filter((at) => at && at[0] === index && at[1] === pod).length;
  const workers = map.detailed
    ? place.pods.map((pod, number) => drawPod(pod, number, held(number)))
    : drawSquares(place.phases);
  const free = Array.from({ length: place.free }, (_, slot) => drawFree(slot, map.detailed));
  return html`<ul class="${map.detailed ? "pods" : "squares"}">${workers}${free}</ul>`;
}

function drawPlace(place, index, map) {
  const kind = [place.unready && "unready", place.waiting && "waits"].filter(Boolean).join(" ");
  const count = map.detailed
    ? ""
    : html`<small>${countPhases(place.phases) || "no worker"}</small>`;
  const meters = (place.meters ?? []).map(drawMeter);
  return html`<section data-key="${place.title}" data-place="${index}" class="place ${kind}"><h4 title="${place.title}">${place.title}</h4><p title="${place.detail}">${place.detail}</p>${meters}${drawWorkers(place, index, map)}${count}</section>`;
}

function drawPictures(pictures) {
  const recent = pictures.recent === null ? "" : html`<p>${pictures.recent} in the last minute</p>`;
  return html`<section class="pictures" aria-label="Pictures"><h4>Pictures</h4>${drawCount(pictures.total, "stored")}${recent}</section>`;
}

/** Return the HTML of a map. */
export function drawBoxes(map) {
  const decision = map.decision.length
    ? html`<ol class="decision" aria-label="Who decides">${map.decision.map(drawDecision)}</ol>`
    : "";
  const places = map.places.map((place, index) => drawPlace(place, index, map));
  const more = map.more
    ? html`<section class="place rest" data-key="more places">${map.more}</section>`
    : "";
  const note = map.note ? html`<p class="note">${map.note}</p>` : "";
  return html`<p class="visually-hidden">${map.summary}</p>${decision}<div class="flow"><span class="prompt" data-key="prompt">prompts</span>${drawQueue(map.queue)}<div class="places ${map.detailed ? "" : "squared"}" data-key="places">${places}${more}${note}</div>${drawPictures(map.pictures)}</div>`
    .text;
}
