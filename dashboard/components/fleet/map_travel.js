// Dots that travel. The browser animates their transform itself, so that they stay smooth while
// the page is busy.

import { shares } from "./map_routes.js";

const MAX_DOTS = 12;
const MIN_MILLISECONDS = 500;
const MAX_MILLISECONDS = 1400;
const PIXELS_PER_SECOND = 620;
const STAGGER_MILLISECONDS = 90;

export function prefersReducedMotion() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

function durationOf(corners) {
  let length = 0;
  for (let index = 1; index < corners.length; index += 1) {
    const [before, after] = [corners[index - 1], corners[index]];
    length += Math.abs(after.x - before.x) + Math.abs(after.y - before.y);
  }
  const milliseconds = (1000 * length) / PIXELS_PER_SECOND;
  return Math.min(MAX_MILLISECONDS, Math.max(MIN_MILLISECONDS, milliseconds));
}

function keyframes(corners) {
  const offsets = shares(corners);
  return corners.map(({ x, y }, index) => ({
    transform: `translate(${x}px, ${y}px)`,
    offset: offsets[index],
  }));
}

/** Send dots on their ways, at most so many at once that each can be followed. */
export function sendDots(layer, ways) {
  const free = Math.max(0, MAX_DOTS - layer.children.length);
  for (const [index, { corners, hue }] of ways.slice(0, free).entries()) {
    const dot = document.createElement("i");
    dot.className = hue;
    layer.append(dot);
    const animation = dot.animate(keyframes(corners), {
      delay: index * STAGGER_MILLISECONDS,
      duration: durationOf(corners),
      easing: "ease-in-out",
      fill: "both",
    });
    animation.finished.then(
      () => dot.remove(),
      () => dot.remove(),
    );
  }
}
