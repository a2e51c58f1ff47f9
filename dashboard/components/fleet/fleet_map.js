// The map from the queue to the GPUs. Boxes are patched in place, lines are drawn again when the
// boxes have moved, and a dot travels for each request that did. An update without a change does
// nothing.

import { patch } from "../common/dom_patch.js";
import { drawBoxes } from "./map_boxes.js";
import { RequestMoves } from "./map_moves.js";
import {
  routeFromQueue,
  routeOfStarts,
  routeStraight,
  routeToPictures,
  toArrow,
  toPath,
} from "./map_routes.js";
import { prefersReducedMotion, sendDots } from "./map_travel.js";

class FleetMap {
  constructor(root) {
    this.root = root;
    this.boxes = root.querySelector(".boxes");
    this.moves = new RequestMoves();
    this.resizeObserver = new ResizeObserver(() => this.drawLines());
    this.resizeObserver.observe(this.boxes);
  }

  update(text) {
    if (text === this.text) return;
    this.text = text;
    const map = JSON.parse(text);
    patch(this.boxes, drawBoxes(map));
    this.drawLines();
    const moves = this.moves.update(map);
    if (moves.length && !document.hidden && !prefersReducedMotion()) this.animate(moves);
  }

  dispose() {
    this.resizeObserver.disconnect();
  }

  find(selector) {
    return this.boxes.querySelector(selector);
  }

  /** Return the rectangle of an element relative to the map; undefined without the element. */
  rect(element) {
    if (!element) return undefined;
    const { left, top, right, bottom } = element.getBoundingClientRect();
    const origin = this.root.getBoundingClientRect();
    return {
      left: left - origin.left,
      top: top - origin.top,
      right: right - origin.left,
      bottom: bottom - origin.top,
    };
  }

  get isNarrow() {
    return getComputedStyle(this.root.querySelector(".lines")).display === "none";
  }

  drawLines() {
    if (this.isNarrow) return;
    const places = [...this.boxes.querySelectorAll(".place")].map((each) => this.rect(each));
    const [queue, pictures] = [this.rect(this.find(".queue")), this.rect(this.find(".pictures"))];
    const busy = places.filter((_, index) => this.hasWorkers(index));
    this.setPath(
      "requests",
      busy.map((place) => routeFromQueue(queue, place)),
    );
    this.setPath(
      "stored",
      busy.map((place) => routeToPictures(place, pictures)),
    );
    this.drawStarts(places);
  }

  hasWorkers(index) {
    return Boolean(this.find(`[data-place="${index}"]:not(.waits) li:not(.free)`));
  }

  drawStarts(places) {
    const target = this.rect(this.find(".decision li:last-child .box"));
    const trigger = this.rect(this.find(".decision li:first-child .box"));
    const queue = this.rect(this.find(".queue"));
    const firstRow = places.filter((place) => place.top === places[0].top);
    const starts = target ? firstRow.map((place) => routeOfStarts(target, place)) : [];
    this.setPath("starts", starts, toArrow);
    const x = trigger ? (trigger.left + trigger.right) / 2 : 0;
    const counts = [
      { x, y: queue.top - 2 },
      { x, y: (trigger?.bottom ?? 0) + 3 },
    ];
    this.setPath("counts", trigger ? [counts] : [], toArrow);
  }

  setPath(name, routes, draw = toPath) {
    this.root.querySelector(`.lines .${name}`).setAttribute("d", routes.map(draw).join(""));
  }

  animate(moves) {
    const ways = moves.map(([from, to]) => this.way(from, to)).filter(Boolean);
    sendDots(this.root.querySelector(".travellers"), ways);
  }

  way(from, to) {
    const hue = to === "pictures" ? "stored" : "requests";
    const [start, end] = [this.locate(from, ".queue"), this.locate(to, ".queue .dots")];
    if (!start || !end) return undefined;
    if (this.isNarrow || from === "prompt") {
      return { hue, corners: routeStraight(start.pod ?? start.box, end.pod ?? end.box) };
    }
    const corners =
      to === "pictures"
        ? routeToPictures(start.box, end.box, start.pod)
        : routeFromQueue(start.box, end.box, end.pod);
    return { hue, corners };
  }

  /** Return the rectangles of a place, and of the worker in it, if that has one. */
  locate(at, queue) {
    if (typeof at === "string") {
      const box = this.rect(this.find(at === "queue" ? queue : `.${at}`));
      return box && { box };
    }
    const [place, pod] = at;
    const box = this.rect(this.find(`[data-place="${place}"]`));
    return box && { box, pod: this.rect(this.find(`[data-place="${place}"] [data-pod="${pod}"]`)) };
  }
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".fleet-map");
  root.fleetMap ??= new FleetMap(root);
  root.fleetMap.update(data.map);

  return () => {
    root.fleetMap.dispose();
    root.fleetMap = undefined;
  };
}
