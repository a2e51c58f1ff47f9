// Tiles show each picture in its slot, and only once it is decoded.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { setImmediate as settle } from "node:timers/promises";

import { createTile, fillGrid } from "../../dashboard/components/pictures/tile.js";
import mount from "../../dashboard/components/pictures/tiles.js";

const picture = (name) => ({
  name,
  url: `/thumbnails/${name}`,
  prompt: `prompt of ${name}`,
  caption: "12:00",
});

function createGrid(tiles) {
  const grid = document.createElement("div");
  for (let count = 0; count < tiles; count += 1) grid.append(createTile(() => {}));
  document.body.replaceChildren(grid);
  return grid;
}

const names = (grid) =>
  [...grid.children].filter((tile) => !tile.hidden).map((tile) => tile.dataset.name);

/** Let pictures be decoded only on request; return a function that decodes one. */
function holdDecoding() {
  const pending = new Map();
  const Decoded = globalThis.Image;
  globalThis.Image = class extends Decoded {
    decode = () => new Promise((resolve) => pending.set(this.src.split("/").at(-1), resolve));
  };
  return async (name) => {
    pending.get(name)();
    await settle();
  };
}

let originalImage;

beforeEach(() => {
  originalImage = globalThis.Image;
});

afterEach(() => {
  globalThis.Image = originalImage;
  mock.restoreAll();
});

test("pictures fill the tiles in order, and tiles without a picture are hidden", async () => {
  const grid = createGrid(3);
  fillGrid(grid, [picture("b.png"), picture("a.png")]);
  await settle();
  assert.deepEqual(names(grid), ["b.png", "a.png"]);
  assert.ok(grid.children[2].hidden);
});

test("a tile has its prompt and time as accessible name and caption", async () => {
  const grid = createGrid(1);
  fillGrid(grid, [{ ...picture("a.png"), prompt: "<b>dwarf</b>" }]);
  await settle();
  const [tile] = grid.children;
  assert.equal(tile.getAttribute("aria-label"), "<b>dwarf</b>, 12:00: details");
  assert.equal(tile.querySelector("img").alt, "<b>dwarf</b>");
  assert.equal(tile.querySelector("span").textContent, "<b>dwarf</b>12:00");
});

test("the previous picture stays until the next one is decoded", async () => {
  const grid = createGrid(1);
  fillGrid(grid, [picture("a.png")]);
  await settle();
  const decode = holdDecoding();
  fillGrid(grid, [picture("b.png")]);
  await settle();
  assert.deepEqual(names(grid), ["a.png"]);
  await decode("b.png");
  assert.deepEqual(names(grid), ["b.png"]);
});

test("a picture that is decoded after a newer one was requested is not shown", async () => {
  const grid = createGrid(1);
  const decode = holdDecoding();
  fillGrid(grid, [picture("a.png")]);
  fillGrid(grid, [picture("b.png")]);
  await decode("b.png");
  await decode("a.png");
  assert.deepEqual(names(grid), ["b.png"]);
});

test("a picture that was removed while it was decoded is not shown", async () => {
  const grid = createGrid(1);
  const decode = holdDecoding();
  fillGrid(grid, [picture("a.png")]);
  fillGrid(grid, []);
  await decode("a.png");
  assert.ok(grid.children[0].hidden);
});

test("the same picture is not loaded again", async () => {
  const grid = createGrid(1);
  fillGrid(grid, [picture("a.png")]);
  await settle();
  const image = grid.querySelector("img");
  fillGrid(grid, [{ ...picture("a.png"), prompt: "read later" }]);
  await settle();
  assert.equal(grid.querySelector("img"), image);
  assert.equal(image.alt, "read later");
});

test("a picture that cannot be loaded is described, and loaded at the next update", async () => {
  const grid = createGrid(1);
  const Decoded = globalThis.Image;
  globalThis.Image = class extends Decoded {
    naturalWidth = 0;
    decode = () => Promise.reject(new Error("503"));
  };
  fillGrid(grid, [picture("a.png")]);
  await settle();
  const [tile] = grid.children;
  assert.equal(tile.hidden, false);
  assert.match(tile.textContent, /prompt of a.png/);
  assert.equal(tile.dataset.name, undefined);
  globalThis.Image = Decoded;
  fillGrid(grid, [picture("a.png")]);
  await settle();
  assert.deepEqual(names(grid), ["a.png"]);
});

test("only pictures that were not on the page before fade in", async () => {
  const grid = createGrid(2);
  const fading = () =>
    [...grid.querySelectorAll("img.arrival")].map((image) => image.parentElement.dataset.name);
  fillGrid(grid, [picture("a.png")]);
  await settle();
  assert.deepEqual(fading(), []);
  fillGrid(grid, [picture("b.png"), picture("a.png")]);
  await settle();
  assert.deepEqual(fading(), ["b.png"]);
});

test("a picture replaces its preview without fading in, and can then be opened", async () => {
  const grid = createGrid(1);
  const preview = (data) => ({ ...picture("a.png"), url: `data:${data}`, inProgress: true });
  const [tile] = grid.children;
  const shown = () => tile.querySelector("img").getAttribute("src");
  for (const data of ["noise", "less noise"]) {
    fillGrid(grid, [preview(data)]);
    await settle();
    assert.equal(shown(), `data:${data}`);
    assert.ok(tile.disabled);
    assert.equal(tile.getAttribute("aria-label"), "prompt of a.png, 12:00");
  }
  fillGrid(grid, [picture("a.png")]);
  await settle();
  assert.equal(shown(), "/thumbnails/a.png");
  assert.equal(tile.querySelector("img.arrival"), null);
  assert.equal(tile.disabled, false);
});

test("the newest pictures report a click with the picture's name", async () => {
  document.body.innerHTML = "<div class='tiles'></div><p class='no-tiles' hidden></p>";
  const setTriggerValue = mock.fn();
  const data = { pictures: [picture("a.png")], slots: 2, empty: "No pictures yet." };
  mount({ data, parentElement: document.body, setTriggerValue });
  await settle();
  const [first, second] = document.querySelectorAll(".tile");
  first.click();
  second.click();
  const reported = setTriggerValue.mock.calls.map((call) => call.arguments);
  assert.deepEqual(reported, [["opened", "a.png"]]);
  assert.ok(document.querySelector(".no-tiles").hidden);
});

test("without pictures the placeholder says why", () => {
  document.body.innerHTML = "<div class='tiles'></div><p class='no-tiles' hidden></p>";
  const data = { pictures: [], slots: 2, empty: "No pictures yet." };
  mount({ data, parentElement: document.body, setTriggerValue: () => {} });
  const placeholder = document.querySelector(".no-tiles");
  assert.equal(placeholder.textContent, "No pictures yet.");
  assert.equal(placeholder.hidden, false);
});

test("a heart rises when a picture gets one, not when its tile shows another picture", async () => {
  const grid = createGrid(1);
  const [tile] = grid.children;
  let reduced = false;
  globalThis.matchMedia = () => ({ matches: reduced });
  const rising = () => tile.querySelectorAll(".rising-heart").length;
  for (const [name, hearts, expected] of [
    ["a.png", 30, 0],
    ["a.png", 32, 2],
    ["a.png", 31, 2],
    ["b.png", 40, 2],
    ["b.png", 90, 12],
  ]) {
    fillGrid(grid, [{ ...picture(name), hearts }]);
    await settle();
    assert.equal(rising(), expected);
  }
  assert.equal(tile.dataset.hearts, "90");
  assert.equal(tile.getAttribute("aria-label"), "prompt of b.png, 12:00, hearts: 90: details");
  tile.querySelector(".rising-heart").dispatchEvent(new window.Event("animationend"));
  assert.equal(rising(), 11);
  reduced = true;
  fillGrid(grid, [{ ...picture("b.png"), hearts: 91 }]);
  await settle();
  assert.equal(rising(), 11);
  fillGrid(grid, [picture("b.png")]);
  await settle();
  assert.equal(tile.dataset.hearts, undefined);
  delete globalThis.matchMedia;
});
