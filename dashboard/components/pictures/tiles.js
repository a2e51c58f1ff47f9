// The newest pictures: a click opens the details.

export default function ({ data, parentElement, setTriggerValue }) {
  const grid = parentElement.querySelector(".tiles");
  grid.open = (name) => name && setTriggerValue("opened", name);
  while (grid.children.length < data.places) {
    grid.append(makeTile((tile) => grid.open(tile.dataset.name)));
  }
  if (!data.pictures.length) parentElement.querySelector(".no-tiles").hidden = false;
  fill(grid, data.pictures);
}
