// Hearts on phones: counts are live, and no picture moves under a finger.

import assert from "node:assert/strict";
import { test } from "node:test";

import { merge } from "../../dashboard/audience/hearts.js";

function list(...pictures) {
  const shown = document.createElement("ul");
  shown.innerHTML = pictures
    .map(
      ([name, value, hearts]) =>
        `<li data-name="${name}"><form><button name="given" value="${value}">${hearts}</button></form></li>`,
    )
    .join("");
  return shown;
}

test("counts change in place, and the button keeps the focus", () => {
  const shown = list(["a", "1", 0], ["b", "1", 4]);
  document.body.replaceChildren(shown);
  const [first, second] = shown.querySelectorAll("button");
  second.focus();
  assert.equal(merge(shown, list(["b", "0", 5], ["a", "1", 0])), 0);
  assert.equal(document.activeElement, second);
  assert.deepEqual([second.value, second.textContent], ["0", "5"]);
  assert.equal(first.textContent, "0");
});

test("new pictures are counted and move nothing; pictures that are gone stay until then", () => {
  const shown = list(["a", "1", 0], ["gone", "1", 1]);
  assert.equal(merge(shown, list(["c", "1", 0], ["b", "1", 0], ["a", "1", 2])), 2);
  const names = [...shown.children].map((picture) => picture.dataset.name);
  assert.deepEqual(names, ["a", "gone"]);
});
