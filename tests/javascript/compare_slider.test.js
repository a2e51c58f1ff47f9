// The border between two pictures follows a range input, whatever moves that.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import mount from "../../dashboard/components/compare/slider.js";

const DATA = {
  left: { url: "/pictures/a.png", prompt: "a cat" },
  right: { url: "/pictures/b.png", prompt: "a dog" },
};

const root = () => document.querySelector(".compare");
const range = () => root().querySelector("input");

beforeEach(() => {
  document.body.innerHTML =
    "<div class='compare'><img class='right'><img class='left'><input type='range' value='50'></div>";
  mount({ data: DATA, parentElement: document.body });
});

test("the border is in the middle at first, and moves with the slider", () => {
  assert.equal(root().style.getPropertyValue("--border"), "50%");
  range().value = "20";
  range().dispatchEvent(new window.Event("input", { bubbles: true }));
  assert.equal(root().style.getPropertyValue("--border"), "20%");
  assert.equal(range().getAttribute("aria-valuetext"), "20 % left picture");
});

test("other pictures take the place of the first ones, and the border stays", () => {
  range().value = "30";
  mount({ data: { left: DATA.right, right: DATA.left }, parentElement: document.body });
  assert.equal(root().querySelector(".left").getAttribute("src"), "/pictures/b.png");
  assert.equal(root().querySelector(".left").alt, "a dog");
  assert.equal(root().style.getPropertyValue("--border"), "30%");
});
