// The map of the fleet draws its boxes in place, and a dot travels for each request that moved.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import mount from "../../dashboard/components/fleet/fleet_map.js";
import { RequestMoves } from "../../dashboard/components/fleet/map_moves.js";
import {
  routeFromQueue,
  routeToPictures,
  shares,
  toPath,
} from "../../dashboard/components/fleet/map_routes.js";

const POD = { name: "worker-1", phase: "generating", text: "step 3 of 8", step: 3, steps: 8 };
const NODE = { title: "gpu-1", detail: "L4, spot", free: 1, pods: [POD], meters: [] };
const MAP = {
  decision: [],
  queue: { waiting: 42, taken: 1 },
  detailed: true,
  places: [NODE],
  more: "",
  note: "",
  pictures: { total: 5, recent: 2 },
  summary: "42 requests waiting",
  sent: [],
  received: ["a"],
  taken: { a: [0, 0] },
  done: {},
};

let root;
let animations;
let isMotionReduced;
let unmount;

function show(changes = {}) {
  const map = JSON.stringify({ ...MAP, ...changes });
  unmount = mount({ data: { map }, parentElement: document.body });
}

const find = (selector) => root.querySelector(selector);
const findAll = (selector) => [...root.querySelectorAll(selector)];

beforeEach(() => {
  document.body.innerHTML = `<div class='fleet-map'><svg class='lines'><path class='requests'/>
    <path class='stored'/><path class='starts'/><path class='counts'/></svg>
    <div class='boxes'></div><div class='travellers'></div></div>`;
  root = document.querySelector(".fleet-map");
  animations = [];
  isMotionReduced = false;
  unmount = () => {};
  globalThis.matchMedia = () => ({ matches: isMotionReduced });
  globalThis.ResizeObserver = class {
    observe() {}
    disconnect() {}
  };
  window.HTMLElement.prototype.animate = function animate(keyframes, options) {
    const animation = { element: this, keyframes, options };
    animation.finished = new Promise((resolve) => {
      animation.finish = resolve;
    });
    animations.push(animation);
    return animation;
  };
});

afterEach(() => {
  unmount();
  mock.restoreAll();
});

test("queue, nodes, workers and pictures are text", () => {
  show();
  assert.equal(find(".queue .count").textContent, "42 waiting");
  assert.equal(findAll(".queue .dots")[0].textContent, "+ 36");
  assert.equal(find(".place h4").textContent, "gpu-1");
  assert.match(find(".pods li").textContent, /worker-1generatingstep 3 of 8/);
  assert.equal(find(".pods .free").textContent, "no worker");
  assert.equal(find(".pictures .count").textContent, "5 stored");
});

test("unknown numbers are the word, and no dots are drawn for them", () => {
  show({ queue: { waiting: null, taken: null }, pictures: { total: null, recent: null } });
  assert.equal(find(".queue .count").textContent, "unknown waiting");
  assert.deepEqual(findAll(".queue .dots i"), []);
  assert.equal(find(".pictures .count").textContent, "unknown stored");
});

test("text from the cluster is never markup", () => {
  const hostile = "<img src=x onerror=alert(1)>";
  show({ places: [{ ...NODE, title: hostile, pods: [{ ...POD, text: hostile }] }], note: hostile });
  assert.equal(find("img"), null);
  assert.equal(find(".pods .text").title, hostile);
});

test("an update keeps the boxes that are still there", () => {
  show();
  const [place, pod] = [find(".place"), find(".pods li")];
  const first = { ...NODE, title: "gpu-0", pods: [] };
  show({ places: [first, { ...NODE, pods: [{ ...POD, step: 4 }] }] });
  assert.equal(findAll(".place")[1], place);
  assert.equal(place.querySelector(".pods li"), pod);
});

test("an update without a change touches nothing", () => {
  show();
  const pod = find(".pods li");
  pod.querySelector(".text").textContent = "untouched";
  show();
  assert.equal(pod.querySelector(".text").textContent, "untouched");
});

test("many nodes have a square for each worker, and their phases in words", () => {
  const { pods, meters, ...node } = NODE;
  show({ detailed: false, places: [{ ...node, phases: "ggip", free: 2 }], more: "60 nodes more" });
  assert.equal(findAll(".squares li").length, 6);
  assert.equal(find(".place small").textContent, "2 generating, 1 idle, 1 pending");
  assert.equal(find(".rest").textContent, "60 nodes more");
});

test("what is there at the start does not travel", () => {
  show({ sent: ["b"], done: { c: [0, 0] } });
  assert.deepEqual(animations, []);
});

test("each request travels once: to the queue, to its worker, to the pictures", () => {
  show({ taken: {} });
  show({ taken: {}, sent: ["a"] });
  show({ sent: ["a"] });
  show({ taken: {}, sent: ["a"], done: { a: [0, 0] } });
  show({ taken: {}, done: { a: [0, 0] } });
  assert.deepEqual(
    animations.map(({ element }) => element.className),
    ["requests", "requests", "stored"],
  );
});

test("a dot is removed at the end of its way", async () => {
  show({ taken: {} });
  show();
  assert.equal(findAll(".travellers i").length, 1);
  animations[0].finish();
  await animations[0].finished;
  assert.equal(findAll(".travellers i").length, 0);
});

test("at most twelve dots travel at once", () => {
  show({ taken: {} });
  const received = Array.from({ length: 40 }, (_, id) => String(id));
  show({ received, taken: Object.fromEntries(received.map((id) => [id, [0, 0]])) });
  assert.equal(animations.length, 12);
});

test("with reduced motion nothing travels, and the boxes still change", () => {
  isMotionReduced = true;
  show({ taken: {} });
  show({ queue: { waiting: 41, taken: 1 } });
  assert.deepEqual(animations, []);
  assert.equal(find(".queue .count").textContent, "41 waiting");
});

test("after a step in a replay only what happened just then travels", () => {
  show({ taken: {} });
  show({ received: [], taken: { a: [0, 0], b: [0, 0] } });
  assert.deepEqual(animations, []);
});

test("a request on a worker that is not shown does not travel", () => {
  show({ taken: {} });
  show({ taken: { a: null }, done: { b: null } });
  assert.deepEqual(animations, []);
});

test("a request that was taken and done between two updates leaves from its worker", () => {
  const moves = new RequestMoves();
  moves.update({ ...MAP, taken: {} });
  const moved = moves.update({ ...MAP, taken: {}, sent: ["a"], done: { a: [0, 0] } });
  assert.deepEqual(moved, [
    ["prompt", "queue"],
    [[0, 0], "pictures"],
  ]);
});

test("ways run in the gutters between the boxes", () => {
  const queue = { left: 0, top: 0, right: 200, bottom: 200 };
  const place = { left: 260, top: 0, right: 460, bottom: 180 };
  const pictures = { left: 520, top: 0, right: 640, bottom: 200 };
  assert.equal(toPath(routeFromQueue(queue, place)), "M200,183L224,183L224,197L360,197L360,180");
  const pod = { left: 270, top: 60, right: 350, bottom: 170 };
  assert.equal(
    toPath(routeToPictures(place, pictures, pod)),
    "M310,153L310,197L496,197L496,183L520,183",
  );
});

test("a dot passes the corners at its own pace", () => {
  const corners = [
    { x: 0, y: 0 },
    { x: 30, y: 0 },
    { x: 30, y: 10 },
  ];
  assert.deepEqual(shares(corners), [0, 0.75, 1]);
  assert.deepEqual(shares([{ x: 5, y: 5 }]), [0]);
});
