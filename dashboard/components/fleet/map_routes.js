// The ways between the boxes of the map, as corners in pixels. Ways to the places run in the
// gutters: down beside the queue, along below a row of places, and up into one of them.

const GUTTER_PIXELS = 17;
const BUS_PIXELS = 24;
const ARROW_PIXELS = 5;

const middle = (rect) => ({ x: (rect.left + rect.right) / 2, y: (rect.top + rect.bottom) / 2 });

/** Return the corners from the queue to a place, and further into one of its workers. */
export function routeFromQueue(queue, place, pod) {
  const bus = queue.right + BUS_PIXELS;
  const start = { x: queue.right, y: queue.bottom - GUTTER_PIXELS };
  const gutter = place.bottom + GUTTER_PIXELS;
  const entry = middle(pod ?? place).x;
  return [
    start,
    { x: bus, y: start.y },
    { x: bus, y: gutter },
    { x: entry, y: gutter },
    { x: entry, y: pod ? pod.bottom - GUTTER_PIXELS : place.bottom },
  ];
}

/** Return the corners from a place to the pictures. */
export function routeToPictures(place, pictures, pod) {
  const gutter = place.bottom + GUTTER_PIXELS;
  const bus = pictures.left - BUS_PIXELS;
  const exit = middle(pod ?? place).x;
  const end = { x: pictures.left, y: pictures.bottom - GUTTER_PIXELS };
  return [
    { x: exit, y: pod ? pod.bottom - GUTTER_PIXELS : place.bottom },
    { x: exit, y: gutter },
    { x: bus, y: gutter },
    { x: bus, y: end.y },
    end,
  ];
}

/** Return the corners from what starts workers down to a place of the first row. */
export function routeOfStarts(target, place) {
  const gutter = (target.bottom + place.top) / 2;
  return [
    { x: middle(target).x, y: target.bottom },
    { x: middle(target).x, y: gutter },
    { x: middle(place).x, y: gutter },
    { x: middle(place).x, y: place.top - 2 },
  ];
}

/** Return a straight way between two boxes, for narrow screens. */
export function routeStraight(from, to) {
  return [middle(from), middle(to)];
}

/** Return the path of some corners for SVG. */
export function toPath(corners) {
  return `M${corners.map(({ x, y }) => `${Math.round(x)},${Math.round(y)}`).join("L")}`;
}

/** Return the path of some corners with an arrowhead at their end. */
export function toArrow(corners) {
  const end = corners.at(-1);
  const back = Math.sign(corners.at(-2).y - end.y) * ARROW_PIXELS;
  const head = [
    { x: end.x - ARROW_PIXELS, y: end.y + back },
    end,
    { x: end.x + ARROW_PIXELS, y: end.y + back },
  ];
  return toPath(corners) + toPath(head);
}

/** Return the shares of the way at which its corners are, from 0 to 1. */
export function shares(corners) {
  const lengths = [0];
  for (let index = 1; index < corners.length; index += 1) {
    const [before, after] = [corners[index - 1], corners[index]];
    lengths.push(lengths[index - 1] + Math.abs(after.x - before.x) + Math.abs(after.y - before.y));
  }
  const total = lengths.at(-1) || 1;
  return lengths.map((length) => length / total);
}
