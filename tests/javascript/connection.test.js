// A lost connection is stated, no dot stays healthy, and all is as before once it is back.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import mount from "../../dashboard/components/page/connection.js";

const QUEUE = '<span class="pill " data-source="queue"><i></i>queue 0.9 s</span>';
const MODE = '<span class="pill mode">laptop mode</span>';

let app;
let unmount;

function report(state) {
  app.setAttribute("data-test-connection-state", state);
  mock.timers.tick(500);
}

const notice = () => document.querySelector(".connection").textContent;
const pills = () => document.querySelector(".top-bar").innerHTML;

beforeEach(() => {
  document.body.innerHTML = `<div class="stApp" data-test-connection-state="CONNECTED">
    <div class="top-bar">${QUEUE}${MODE}</div><div id="mount"><p class="connection"></p></div>
  </div>`;
  app = document.querySelector(".stApp");
  mock.timers.enable({ apis: ["setInterval", "Date"], now: new Date(2026, 4, 1, 14, 32, 5) });
  unmount = mount({ parentElement: document.querySelector("#mount") });
});

afterEach(() => {
  unmount();
  mock.timers.reset();
});

test("nothing is stated while the connection works", () => {
  report("CONNECTED");
  assert.equal(notice(), "");
});

test("a lost connection is stated with its time, which stays", () => {
  report("PINGING_SERVER");
  mock.timers.tick(60_000);
  assert.match(notice(), /^Connection lost at 14:32:05\./);
});

test("no source keeps its healthy dot", () => {
  report("PINGING_SERVER");
  const pill = document.querySelector(".pill");
  assert.equal(pill.className, "pill silent");
  assert.equal(pill.textContent, "queue: no reading since 14:32:05");
  assert.equal(document.querySelector(".mode").textContent, "laptop mode");
});

test("everything is as before once the connection is back", () => {
  report("PINGING_SERVER");
  report("CONNECTING");
  report("CONNECTED");
  assert.equal(notice(), "");
  assert.equal(pills(), QUEUE + MODE);
});

test("Streamlit's dialog is closed, and the app's own stays open", () => {
  const close = '<button aria-label="Close"></button>';
  document.body.insertAdjacentHTML(
    "beforeend",
    `<div class="stDialog" id="theirs">${close}</div>
     <div class="stDialog" id="ours"><div class="stVerticalBlock"></div>${close}</div>`,
  );
  const closed = [];
  for (const button of document.querySelectorAll(".stDialog button")) {
    button.addEventListener("click", () => closed.push(button.parentElement.id));
  }
  report("PINGING_SERVER");
  assert.deepEqual(closed, ["theirs"]);
});
