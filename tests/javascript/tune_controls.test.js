// The dials of the Tune page keep what is moved, and send all that differs from the real values.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import mount from "../../dashboard/components/tune/controls.js";

const MAXIMUM = {
  name: "maximum",
  label: "Maximum",
  low: 1,
  high: 16,
  step: 1,
  unit: "",
  real: 8,
  word: "real",
};
const JOIN = {
  ...MAXIMUM,
  name: "join",
  label: "A GPU node joins after",
  unit: "s",
  word: "assumed",
};

let setTriggerValue;

function show(changes = {}, generation = 0, dials = [MAXIMUM, JOIN]) {
  const groups = [{ title: "Scaler", beside: "", folded: false, dials }];
  mount({
    data: { groups, changes, generation },
    parentElement: document.body,
    setTriggerValue,
  });
}

const input = () => document.querySelector("input[type=range]");
const text = () => document.querySelector(".dial").textContent;

function drag(value) {
  input().value = value;
  input().dispatchEvent(new window.Event("input"));
  mock.timers.tick(200);
}

const sent = () => setTriggerValue.mock.calls.at(-1)?.arguments;

beforeEach(() => {
  document.body.innerHTML = "<div class='dials'></div>";
  setTriggerValue = mock.fn();
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
});

test("a moved dial shows both values and sends the new one", () => {
  show();
  assert.equal(text(), "Maximum8as real");
  drag(4);
  assert.equal(text(), "Maximum4real 8");
  assert.deepEqual(sent(), ["moved", { maximum: 4 }]);
});

test("a dial back at its real value is no change", () => {
  show({ maximum: 4 }, 1);
  drag(8);
  assert.deepEqual(sent(), ["moved", {}]);
});

test("an update of the page does not move a dial that was just moved", () => {
  show();
  drag(4);
  show({}, 0);
  assert.equal(input().value, "4");
});

test("Find and Reset move the dials", () => {
  show();
  drag(4);
  show({ maximum: 6 }, 1);
  assert.equal(input().value, "6");
  show({}, 2);
  assert.equal(text(), "Maximum8as real");
});

test("what was not measured says that it is assumed", () => {
  show();
  assert.match(document.querySelectorAll(".dial")[1].textContent, /8 sas assumed/);
});

test("a number that is not set is no zero", () => {
  show({}, 0, [{ ...MAXIMUM, name: "price", unit: "money", real: null, low: 0 }]);
  assert.match(text(), /not set/);
});
