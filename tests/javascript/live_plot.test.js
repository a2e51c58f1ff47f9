// The chart moves its time axis between two figures.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import mount from "../../dashboard/components/timeline/live_plot.js";
import moveAxis from "../../dashboard/components/timeline/time_axis.js";

const FIGURE = JSON.stringify({
  data: [],
  layout: { font: { size: 12 }, xaxis: { range: [0, 120] } },
});

let drawn;
let frames;
let unmounts;

globalThis.ResizeObserver = window.ResizeObserver;
globalThis.reportError = assert.ifError;
document.head.append = (script) => queueMicrotask(script.onload);

function addPlot(name, moves) {
  const parentElement = document.createElement("div");
  parentElement.innerHTML = `<div class="live-plot" id="${name}"></div>`;
  document.body.append(parentElement);
  const plot = parentElement.firstChild;
  Object.defineProperty(plot, "clientWidth", { value: 800 });
  plot.style.fontSize = "12px";
  const data = { figure: FIGURE, height: 320, alt: name, library: "plotly.js", moves };
  unmounts.push(mount({ data, parentElement }));
}

async function paint() {
  await new Promise(setImmediate);
  const due = frames.splice(0);
  for (const frame of due) frame();
}

beforeEach(() => {
  document.body.replaceChildren();
  drawn = [];
  frames = [];
  unmounts = [];
  window.Plotly = {
    react: (plot, _data, layout) => drawn.push([plot.id, ...layout.xaxis.range]),
    purge: () => {},
  };
  globalThis.requestAnimationFrame = (frame) => frames.push(frame);
  globalThis.cancelAnimationFrame = () => {};
});

afterEach(() => {
  for (const unmount of unmounts) unmount();
});

test("a figure and its axis, sent together, are drawn once", async () => {
  addPlot("timeline", true);
  moveAxis({ data: [5, 125] });
  await paint();
  assert.deepEqual(drawn, [["timeline", 5, 125]]);
});

test("the axis moves without a new figure, and only of charts that have one in common", async () => {
  addPlot("timeline", true);
  addPlot("pareto", false);
  await paint();
  drawn = [];
  moveAxis({ data: [7, 127] });
  await paint();
  assert.deepEqual(drawn, [["timeline", 7, 127]]);
});

test("a chart that was removed is not drawn again", async () => {
  addPlot("timeline", true);
  await paint();
  drawn = [];
  unmounts.pop()();
  moveAxis({ data: [9, 129] });
  await paint();
  assert.deepEqual(drawn, []);
});
