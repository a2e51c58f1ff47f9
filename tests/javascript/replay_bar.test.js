// The replay bar shows the position between two updates, and sends what its controls ask for.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import mount from "../../dashboard/components/recordings/replay_bar.js";

const STATE = {
  name: "Seven dwarfs",
  recorded: "recorded 1 May, cluster mode",
  seconds: 60,
  duration: 125,
  speed: 2,
  speeds: [1, 2, 5],
  playing: true,
  controls: true,
  live: false,
  confirmed: 0,
};

let bar;
let now;
let setTriggerValue;
let unmount;

function show(changes = {}) {
  const data = { ...STATE, ...changes };
  unmount = mount({ data, parentElement: document.body, setTriggerValue });
}

function advance(seconds) {
  now += seconds * 1000;
  mock.timers.tick(seconds * 1000);
}

const button = (text) =>
  [...bar.querySelectorAll("button")].find((element) => element.textContent === text);
const time = () => bar.querySelector(".time").textContent;
const slider = () => bar.querySelector("input");
const sent = () =>
  setTriggerValue.mock.calls.map(({ arguments: [name, commands] }) => {
    assert.equal(name, "commands");
    return commands.map(({ number, ...command }) => command);
  });

function drag(seconds) {
  slider().value = seconds;
  slider().dispatchEvent(new window.Event("input"));
}

beforeEach(() => {
  document.body.innerHTML = "<div class='replay-bar'></div>";
  bar = document.querySelector(".replay-bar");
  now = 0;
  setTriggerValue = mock.fn();
  mock.timers.enable({ apis: ["setInterval"] });
  mock.method(performance, "now", () => now);
});

afterEach(() => {
  unmount();
  mock.timers.reset();
  mock.restoreAll();
});

test("the bar names the recording and its position", () => {
  show();
  assert.equal(bar.querySelector(".name").textContent, "Seven dwarfs");
  assert.equal(bar.querySelector(".name").title, "recorded 1 May, cluster mode");
  assert.equal(time(), "1:00 / 2:05");
  assert.equal(slider().getAttribute("aria-valuetext"), "1:00 / 2:05");
});

test("the position advances by the speed between two updates", () => {
  show();
  advance(3);
  assert.equal(time(), "1:06 / 2:05");
});

test("the position does not advance past the end", () => {
  show();
  advance(60);
  assert.equal(time(), "2:05 / 2:05");
});

test("a paused replay keeps its position", () => {
  show({ playing: false });
  advance(3);
  assert.equal(time(), "1:00 / 2:05");
});

test("an update corrects the position", () => {
  show();
  advance(3);
  show({ seconds: 70 });
  assert.equal(time(), "1:10 / 2:05");
});

test("a dragged slider stays under the pointer, and its time is shown", () => {
  show();
  drag(30);
  advance(3);
  show({ seconds: 66 });
  assert.equal(Number(slider().value), 30);
  assert.equal(time(), "0:30 / 2:05");
  assert.deepEqual(sent(), []);
});

test("a released slider seeks, and the position advances from there", () => {
  show();
  drag(30);
  slider().dispatchEvent(new window.Event("change"));
  assert.deepEqual(sent(), [[{ do: "seek", to: 30 }]]);
  advance(1);
  assert.equal(time(), "0:32 / 2:05");
});

test("the last step of the slider is the end", () => {
  show({ duration: 125.05 });
  drag(125);
  slider().dispatchEvent(new window.Event("change"));
  assert.deepEqual(sent(), [[{ do: "seek", to: 125.05 }]]);
});

test("the toggle pauses a playing replay and plays a paused one", () => {
  show();
  button("Pause").click();
  show({ playing: false, confirmed: 1 });
  button("Play").click();
  assert.deepEqual(sent(), [[{ do: "pause" }], [{ do: "play" }]]);
});

test("at the end, playing starts again", () => {
  show({ playing: false, seconds: 125 });
  assert.equal(button("Play").title, "Play from the start");
});

test("the current speed is marked, and another can be chosen", () => {
  show();
  const pressed = [...bar.querySelectorAll(".speeds button")].map((element) =>
    element.getAttribute("aria-pressed"),
  );
  assert.deepEqual(pressed, ["false", "true", "false"]);
  button("5×").click();
  assert.deepEqual(sent(), [[{ do: "speed", to: 5 }]]);
});

test("restart and back to live are sent", () => {
  show({ live: true });
  button("Restart").click();
  button("Back to live").click();
  assert.deepEqual(sent().at(-1), [{ do: "restart" }, { do: "live" }]);
});

test("a command repeats those before it until an update confirms them", () => {
  show();
  button("Pause").click();
  show({ seconds: 61 });
  button("Restart").click();
  show({ confirmed: 1 });
  button("5×").click();
  assert.deepEqual(sent(), [
    [{ do: "pause" }],
    [{ do: "pause" }, { do: "restart" }],
    [{ do: "restart" }, { do: "speed", to: 5 }],
  ]);
  const numbers = setTriggerValue.mock.calls.at(-1).arguments[1].map(({ number }) => number);
  assert.deepEqual(numbers, [2, 3]);
});

test("without a live run there is no way back to it", () => {
  show({ live: false });
  assert.ok(button("Back to live").hidden);
});

test("a viewer without rights sees the position only", () => {
  show({ controls: false, live: true });
  const visible = [...bar.querySelectorAll("button")].filter(
    (element) => !element.closest("[hidden]"),
  );
  assert.deepEqual(visible, []);
  assert.ok(slider().disabled);
});

test("an update keeps the controls, so that their focus stays", () => {
  show();
  const controls = [...bar.children];
  show({ seconds: 61 });
  assert.deepEqual([...bar.children], controls);
});

test("an unmounted bar stops its timer", () => {
  show();
  unmount();
  advance(3);
  assert.equal(time(), "1:00 / 2:05");
});
