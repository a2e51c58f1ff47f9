// A picture as a button in a fixed slot. A slot shows another picture only once it is decoded, so
// that nothing flickers, and no tile moves under the pointer. A picture in progress has previews;
// it cannot be opened yet.

import { rise } from "./rising_hearts.js";

/** Create a hidden, empty tile; onClick receives the tile and the event. */
export function createTile(onClick) {
  const tile = document.createElement("button");
  tile.type = "button";
  tile.className = "tile";
  tile.hidden = true;
  tile.append(document.createElement("img"), document.createElement("span"));
  tile.addEventListener("click", (event) => onClick(tile, event));
  return tile;
}

/** Show a picture's hearts, and the steps of one in progress, which the style sheets draw. */
function setMarks(tile, picture) {
  const hearts = picture.hearts ?? 0;
  const more = hearts - Number(tile.dataset.hearts ?? 0);
  if (tile.heartsOf === picture.name && more > 0) rise(tile, more);
  tile.heartsOf = picture.name;
  if (hearts) tile.dataset.hearts = hearts;
  else delete tile.dataset.hearts;
  tile.style.setProperty("--step", picture.step ?? 0);
  tile.style.setProperty("--steps", picture.steps ?? 0);
}

function setTexts(tile, picture) {
  setMarks(tile, picture);
  const [image, caption] = tile.children;
  image.alt = picture.prompt;
  tile.disabled = Boolean(picture.inProgress);
  const action = picture.inProgress ? "" : ": details";
  const hearts = picture.hearts ? `, hearts: ${picture.hearts}` : "";
  tile.setAttribute("aria-label", `${picture.prompt}, ${picture.caption}${hearts}${action}`);
  const details = document.createElement("small");
  details.append(document.createElement("br"), picture.caption);
  caption.replaceChildren(picture.prompt, details);
  tile.hidden = false;
}

async function showPicture(tile, picture, isNew) {
  tile.requestedUrl = picture.url;
  if (tile.shownUrl === picture.url) {
    setTexts(tile, picture);
    return;
  }
  const image = new Image();
  image.src = picture.url;
  try {
    await image.decode();
  } catch {
    // The store is unavailable: the texts are shown, and the next update tries again.
  }
  if (tile.requestedUrl !== picture.url) return; // superseded while it was loading
  if (image.naturalWidth) {
    tile.shownUrl = picture.url;
    tile.dataset.name = picture.name;
  }
  image.classList.toggle("arrival", isNew);
  tile.children[0].replaceWith(image);
  setTexts(tile, picture);
}

function clear(tile) {
  tile.requestedUrl = "";
  tile.hidden = true;
}

/** Show the pictures in the tiles of a grid, in order; those that were not there fade in. */
export function fillGrid(grid, pictures) {
  const previous = grid.pictureNames;
  grid.pictureNames = new Set(pictures.map((picture) => picture.name));
  for (const [index, tile] of [...grid.children].entries()) {
    const picture = pictures[index];
    if (picture) showPicture(tile, picture, previous?.has(picture.name) === false);
    else clear(tile);
  }
}
