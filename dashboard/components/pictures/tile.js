// A picture as a button in a fixed place. A place that gets another picture shows it once it
// is decoded, so nothing blinks, and no tile moves while somebody aims at it.

function makeTile(press) {
  const tile = document.createElement("button");
  tile.type = "button";
  tile.className = "tile";
  tile.hidden = true;
  tile.append(document.createElement("img"), document.createElement("span"));
  tile.addEventListener("click", (event) => press(tile, event));
  return tile;
}

function describe(tile, picture) {
  const [image, caption] = tile.children;
  image.alt = picture.prompt;
  tile.setAttribute("aria-label", `${picture.prompt}, ${picture.caption}: details`);
  const more = document.createElement("small");
  more.append(document.createElement("br"), picture.caption);
  caption.replaceChildren(picture.prompt, more);
}

async function place(tile, picture) {
  if (tile.dataset.name === picture.name) {
    tile.awaited = picture.name;
    tile.hidden = false;
    describe(tile, picture);
    return;
  }
  tile.awaited = picture.name;
  const loaded = new Image();
  loaded.src = picture.url;
  try {
    await loaded.decode();
  } catch {
    // The store does not answer: the tile says what it would show, the next tick tries again.
  }
  if (tile.awaited !== picture.name) return; // a newer picture came first
  if (loaded.naturalWidth) tile.dataset.name = picture.name;
  loaded.classList.toggle("arrival", picture.arrived);
  tile.children[0].replaceWith(loaded);
  describe(tile, picture);
  tile.hidden = false;
}

// Pictures that were not on the page before fade in; all others only change their places.
function markArrivals(grid, pictures) {
  const before = grid.names;
  grid.names = new Set(pictures.map((picture) => picture.name));
  for (const picture of pictures) {
    picture.arrived = before !== undefined && !before.has(picture.name);
  }
}

function fill(grid, pictures) {
  markArrivals(grid, pictures);
  [...grid.children].forEach((tile, index) => {
    const picture = pictures[index];
    if (picture) place(tile, picture);
    else {
      tile.awaited = "";
      tile.hidden = true;
    }
  });
}
