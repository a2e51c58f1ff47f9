// The newest pictures; a click opens the details.

import { createTile, fillGrid } from "./tile.js";

export default function ({ data, parentElement, setTriggerValue }) {
  const grid = parentElement.querySelector(".tiles");
  grid.emitOpened = (name) => name && setTriggerValue("opened", name);
  while (grid.children.length < data.slots) {
    grid.append(createTile((tile) => grid.emitOpened(tile.dataset.name)));
  }
  const placeholder = parentElement.querySelector(".no-tiles");
  if (placeholder.textContent !== data.empty) placeholder.textContent = data.empty;
  // tiles.css hides it again once the first picture is decoded.
  if (data.pictures.length === 0) placeholder.hidden = false;
  fillGrid(grid, data.pictures);
}
