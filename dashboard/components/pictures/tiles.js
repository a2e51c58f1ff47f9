// The newest pictures: a click opens the details.

export default function ({ data, parentElement, setTriggerValue }) {
  const grid = parentElement.querySelector(".tiles");
  grid.open = (name) => name && setTriggerValue("opened", name);
  while (grid.children.length < data.places) {
    grid.append(makeTile((tile) => grid.open(tile.dataset.name)));
  }
  const sentence = parentElement.querySelector(".no-tiles");
  if (sentence.textContent !== data.empty) sentence.textContent = data.empty;
  if (!data.pictures.length) sentence.hidden = false;
  fill(grid, data.pictures);
}
