// A change of a filter is an entry of the history; other changes of the address are none.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import mount from "../../dashboard/components/common/filter_history.js";

const ORIGIN = "https://pictures.example";

let now;
let pushed;
let replaced;
let unmount;

function record(entries) {
  return (_state, _title, url) => {
    entries.push(url);
    window.happyDOM.setURL(new URL(url, location.href).href);
  };
}

function change(search, elapsed = 5000) {
  now += elapsed;
  document.body.dispatchEvent(new window.Event("keydown", { bubbles: true }));
  history.replaceState({}, "", `/jobs${search}`);
}

beforeEach(() => {
  now = 0;
  pushed = [];
  replaced = [];
  window.happyDOM.setURL(`${ORIGIN}/jobs`);
  mock.method(performance, "now", () => now);
  mock.method(Object.getPrototypeOf(history), "pushState", record(pushed));
  mock.method(Object.getPrototypeOf(history), "replaceState", record(replaced));
  unmount = mount({ data: { names: ["state", "words"], typed: ["words"] } });
});

afterEach(() => {
  unmount();
  mock.restoreAll();
});

test("each change of a filter is an entry, however quickly it follows", () => {
  change("?state=Done");
  change("?state=Failed", 10);
  change("", 10);
  assert.deepEqual(pushed, ["/jobs?state=Done", "/jobs?state=Failed", "/jobs"]);
  assert.deepEqual(replaced, []);
});

test("characters that are typed one after the other are one entry", () => {
  change("?words=c");
  change("?words=ca", 200);
  change("?words=cat", 200);
  change("?words=dog", 5000);
  assert.deepEqual(pushed, ["/jobs?words=c", "/jobs?words=dog"]);
  assert.deepEqual(replaced, ["/jobs?words=ca", "/jobs?words=cat"]);
});

test("another parameter is no filter", () => {
  change("?zoom=2");
  assert.deepEqual(replaced, ["/jobs?zoom=2"]);
});

test("what Back restores is no new entry", () => {
  change("?state=Done");
  window.dispatchEvent(new window.Event("popstate"));
  history.replaceState({}, "", "/jobs");
  assert.deepEqual(replaced, ["/jobs"]);
});

test("another page's history is left alone", () => {
  unmount();
  change("?state=Done");
  assert.deepEqual(replaced, ["/jobs?state=Done"]);
});
