// The signal of a batch's end is each browser's choice, and comes once.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import mountWatch from "../../dashboard/components/present/batch_end.js";
import mountChoice from "../../dashboard/components/present/batch_end_choice.js";

const notifications = [];

class FakeNotification {
  static requestPermission = mock.fn(async () => FakeNotification.permission);

  constructor(_title, options) {
    notifications.push(options.body);
  }
}

const stored = new Map();

beforeEach(() => {
  stored.clear();
  globalThis.localStorage = {
    getItem: (key) => stored.get(key) ?? null,
    setItem: (key, value) => stored.set(key, value),
  };
  notifications.length = 0;
  FakeNotification.permission = "granted";
  globalThis.Notification = FakeNotification;
  document.body.innerHTML = "<button></button><i class='batch-end' hidden></i>";
});

const watch = (...states) => {
  for (const busy of states) {
    mountWatch({ data: { busy, text: "The queue is empty." }, parentElement: document.body });
  }
};

async function choose(choice) {
  localStorage.setItem("signal of a batch's end", choice);
  mountChoice({ parentElement: document.body });
}

test("nothing is signalled by default, and an unknown choice is silence", () => {
  watch(true, false);
  choose("<b>");
  watch(true, false);
  assert.deepEqual(notifications, []);
  assert.equal(document.querySelector("button").textContent, "Batch end: silent");
});

test("a batch ends once; an unknown queue and the first reading are no end", () => {
  choose("notification");
  watch(false, true, null, true, null, false, false, null, false);
  assert.deepEqual(notifications, ["The queue is empty."]);
});

test("the choice is remembered by the browser; blocked notifications are silence", async () => {
  choose("sound");
  const button = document.querySelector("button");
  await button.onclick();
  assert.equal(button.textContent, "Batch end: notification");
  mountChoice({ parentElement: document.body });
  assert.equal(button.value, "notification");
  choose("sound");
  FakeNotification.permission = "denied";
  await button.onclick();
  assert.equal(button.textContent, "Batch end: silent (notifications are blocked)");
});
