// The gallery does not move while somebody uses it, and selects pictures for a zip or deletion.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { setImmediate as settle } from "node:timers/promises";

import mount from "../../dashboard/components/gallery/tiles.js";

const PAGE = {
  zip: "/live/pictures.zip",
  slots: 3,
  view: "all",
  summary: "3 pictures",
  max_selected: 2,
  deleted: [],
};

let root;
let setTriggerValue;

async function show(names, changes = {}) {
  const pictures = names.map((name) => ({
    name,
    url: `/thumbnails/${name}`,
    prompt: name,
    caption: "12:00",
    starred: name.startsWith("star"),
  }));
  const data = { ...PAGE, pictures, ...changes };
  mount({ data, parentElement: document.body, setTriggerValue });
  await settle();
}

const tiles = () => [...root.querySelectorAll(".tile")];
const shown = () =>
  tiles()
    .filter((tile) => !tile.hidden)
    .map((tile) => tile.dataset.name);
const button = (text) =>
  [...root.querySelectorAll(".button")].find((element) => element.textContent === text);
const scrollTo = (pixels) => {
  document.documentElement.scrollTop = pixels;
};
const reported = () => setTriggerValue.mock.calls.map((call) => call.arguments);

beforeEach(() => {
  document.body.innerHTML =
    "<div class='gallery-tiles'><div class='gallery-bar'></div><div class='tiles'></div></div>";
  root = document.querySelector(".gallery-tiles");
  setTriggerValue = mock.fn();
  scrollTo(0);
});

test("new pictures appear on their own at the top of an idle page", async () => {
  await show(["b", "a"]);
  await show(["c", "b", "a"]);
  assert.deepEqual(shown(), ["c", "b", "a"]);
});

test("new pictures wait behind a button while somebody reads further down", async () => {
  await show(["b", "a"]);
  scrollTo(500);
  await show(["c", "b", "a"]);
  assert.deepEqual(shown(), ["b", "a"]);
  assert.equal(button("1 new").hidden, false);
  button("1 new").click();
  await settle();
  assert.deepEqual(shown(), ["c", "b", "a"]);
});

test("a page of new pictures is counted as that many or more", async () => {
  await show(["c", "b", "a"]);
  scrollTo(500);
  await show(["f", "e", "d"]);
  assert.equal(button("3 or more new").hidden, false);
});

test("another view replaces the pictures also while the page is in use", async () => {
  await show(["b", "a"]);
  scrollTo(500);
  await show(["z", "y"], { view: "starred" });
  assert.deepEqual(shown(), ["z", "y"]);
});

test("a deleted picture disappears also while the page is in use", async () => {
  await show(["c", "b", "a"]);
  scrollTo(500);
  await show(["d", "c", "a"], { deleted: ["b"] });
  assert.deepEqual(shown(), ["d", "c", "a"]);
});

test("a click opens a picture", async () => {
  await show(["b", "a"]);
  tiles()[1].click();
  assert.deepEqual(reported(), [["opened", "a"]]);
});

test("selected pictures are offered as a zip and for deletion", async () => {
  await show(["b", "a"]);
  button("Select").click();
  assert.equal(button("Delete").disabled, true);
  for (const tile of tiles().slice(0, 2)) tile.click();
  assert.equal(tiles()[0].getAttribute("aria-pressed"), "true");
  assert.equal(button("Download as zip").getAttribute("href"), "/live/pictures.zip?names=b,a");
  button("Delete").click();
  assert.deepEqual(reported(), [["deletion", ["b", "a"]]]);
});

test("a second click deselects a picture", async () => {
  await show(["b", "a"]);
  button("Select").click();
  tiles()[0].click();
  tiles()[0].click();
  assert.equal(tiles()[0].getAttribute("aria-pressed"), "false");
  assert.equal(root.querySelector(".actions span").textContent, "0 selected");
});

test("a click with a modifier key starts selecting", async () => {
  await show(["b", "a"]);
  tiles()[0].dispatchEvent(new window.MouseEvent("click", { bubbles: true, ctrlKey: true }));
  assert.equal(root.querySelector(".actions span").textContent, "1 selected");
  assert.deepEqual(reported(), []);
});

test("two selected pictures can be compared, in the order in which they were selected", async () => {
  await show(["c", "b", "a"]);
  button("Select").click();
  tiles()[1].click();
  assert.equal(button("Compare").disabled, true);
  tiles()[0].click();
  button("Compare").click();
  assert.deepEqual(reported(), [["compared", ["b", "c"]]]);
  tiles()[2].click();
  assert.equal(button("Compare").disabled, true);
});

test("selected pictures are starred, and unstarred once all of them are", async () => {
  await show(["star", "a"]);
  button("Select").click();
  tiles()[0].click();
  assert.ok(button("Unstar"));
  tiles()[1].click();
  button("Star").click();
  assert.deepEqual(reported(), [["starred", { names: ["star", "a"], starred: true }]]);
});

test("who may not star is given the reason", async () => {
  await show(["a"], { no_star: "Log in to do this." });
  button("Select").click();
  tiles()[0].click();
  assert.equal(button("Star").disabled, true);
  assert.equal(button("Star").title, "Log in to do this.");
});

test("more pictures than a zip holds cannot be downloaded", async () => {
  await show(["c", "b", "a"]);
  button("Select").click();
  for (const tile of tiles()) tile.click();
  assert.equal(button("Download as zip").hasAttribute("href"), false);
  assert.equal(
    root.querySelector(".actions span").textContent,
    "3 selected; stars and zip take at most 2",
  );
});

test("who may not delete is given the reason", async () => {
  await show(["a"], { no_deletion: "Only presenters may delete." });
  button("Select").click();
  tiles()[0].click();
  assert.equal(button("Delete").disabled, true);
  assert.equal(button("Delete").title, "Only presenters may delete.");
});

test("the end of a selection shows what is new, and moves the focus", async () => {
  await show(["b", "a"]);
  button("Select").click();
  await show(["c", "b", "a"]);
  assert.deepEqual(shown(), ["b", "a"]);
  button("Done").click();
  await settle();
  assert.deepEqual(shown(), ["c", "b", "a"]);
  assert.equal(document.activeElement, button("Select"));
});

test("the selection ends once all selected pictures are deleted", async () => {
  await show(["b", "a"]);
  button("Select").click();
  tiles()[0].click();
  await show(["a"], { deleted: ["b"] });
  assert.ok(root.querySelector(".actions").hidden);
});

test("starred pictures are marked", async () => {
  await show(["star", "a"]);
  assert.deepEqual(
    tiles().map((tile) => tile.classList.contains("starred")),
    [true, false, false],
  );
});

test("arrow keys move the focus through the grid", async () => {
  await show(["c", "b", "a"]);
  root.querySelector(".tiles").style.gridTemplateColumns = "10px 10px";
  const press = (key) =>
    document.activeElement.dispatchEvent(
      new window.KeyboardEvent("keydown", { bubbles: true, cancelable: true, key }),
    );
  tiles()[0].focus();
  press("ArrowRight");
  assert.equal(document.activeElement, tiles()[1]);
  press("ArrowLeft");
  press("ArrowDown");
  assert.equal(document.activeElement, tiles()[2]);
  press("ArrowRight");
  assert.equal(document.activeElement, tiles()[2]);
});
