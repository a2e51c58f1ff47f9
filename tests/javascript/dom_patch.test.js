// The DOM patcher keeps the nodes that a new version of the HTML still wants.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import mount, { patch } from "../../dashboard/components/common/dom_patch.js";

const row = (key, text = key) => `<a data-key="${key}" href="/${key}">${text}</a>`;

let root;

beforeEach(() => {
  document.body.innerHTML = "<div class='live-html'></div>";
  root = document.querySelector(".live-html");
});

test("an empty root receives all of the HTML", () => {
  patch(root, "<p class='note'>one <b>two</b></p><ul><li>three</li></ul>");
  assert.equal(root.innerHTML, '<p class="note">one <b>two</b></p><ul><li>three</li></ul>');
});

test("unchanged HTML changes no node", () => {
  const html = `<p>text</p>${row("a")}${row("b")}`;
  patch(root, html);
  const before = [...root.childNodes];
  const observer = new window.MutationObserver(() => {});
  observer.observe(root, { attributes: true, characterData: true, childList: true, subtree: true });
  patch(root, html);
  assert.deepEqual(observer.takeRecords(), []);
  assert.deepEqual([...root.childNodes], before);
});

test("text and attributes change within the same element", () => {
  patch(root, "<p class='old' title='gone'>before</p>");
  const paragraph = root.firstChild;
  patch(root, "<p class='new' lang='en'>after</p>");
  assert.equal(root.firstChild, paragraph);
  assert.equal(root.innerHTML, '<p class="new" lang="en">after</p>');
});

test("an element of another kind replaces the old one", () => {
  patch(root, "<p>text</p>");
  patch(root, "<ul><li>item</li></ul>");
  assert.equal(root.innerHTML, "<ul><li>item</li></ul>");
});

test("a keyed element stays the same when others come before it", () => {
  patch(root, row("b") + row("c"));
  const [b, c] = root.children;
  patch(root, row("a") + row("b", "changed") + row("c"));
  assert.deepEqual([...root.children].slice(1), [b, c]);
  assert.equal(b.textContent, "changed");
});

test("keyed elements stay the same in another order", () => {
  patch(root, row("a") + row("b") + row("c"));
  const [a, b, c] = root.children;
  patch(root, row("c") + row("a") + row("b"));
  assert.deepEqual([...root.children], [c, a, b]);
});

test("a keyed element that is gone is removed, and its neighbours stay", () => {
  patch(root, row("a") + row("b") + row("c"));
  const [a, , c] = root.children;
  patch(root, row("a") + row("c"));
  assert.deepEqual([...root.children], [a, c]);
});

test("elements with the same key are all shown, in an update, too", () => {
  const equal = row("a", "first") + row("a", "second") + row("b") + row("a", "third");
  for (const html of [equal, equal, row("b") + equal, equal + row("c"), row("a") + row("a")]) {
    patch(root, html);
    const shown = document.createElement("div");
    shown.innerHTML = html;
    assert.deepEqual(
      [...root.children].map((child) => child.textContent),
      [...shown.children].map((child) => child.textContent),
    );
  }
});

test("an element with the same key as a new one before it stays", () => {
  patch(root, row("a") + row("b"));
  const [, b] = root.children;
  patch(root, row("a") + row("a") + row("b"));
  assert.ok(root.children[2] === b);
});

test("elements without a key may stand between those with one", () => {
  patch(root, `<p>head</p>${row("a")}<p>foot</p>`);
  patch(root, `<p>head</p>${row("b")}${row("a")}<p>foot</p>`);
  assert.equal(root.textContent, "headbafoot");
});

test("fewer elements remove the rest", () => {
  patch(root, "<p>1</p><p>2</p>text<p>3</p>");
  patch(root, "<p>1</p>");
  assert.equal(root.innerHTML, "<p>1</p>");
  patch(root, "");
  assert.equal(root.innerHTML, "");
});

test("a moved element keeps the focus", () => {
  patch(root, row("a") + row("b"));
  const b = root.children[1];
  b.focus();
  patch(root, row("b") + row("a"));
  assert.equal(document.activeElement, b);
});

test("a click on an opener reports its name, through the latest update", () => {
  const reported = [];
  const html = "<a href='/job' data-opens='job'><b>title</b></a><p>text</p>";
  const update = (round) =>
    mount({
      data: { html },
      parentElement: document.body,
      setTriggerValue: (...trigger) => reported.push([round, ...trigger]),
    });
  update(1);
  update(2);
  const click = new window.MouseEvent("click", { bubbles: true, cancelable: true });
  root.querySelector("b").dispatchEvent(click);
  root.querySelector("p").click();
  assert.deepEqual(reported, [[2, "opened", "job"]]);
  assert.ok(click.defaultPrevented);
});

test("a click with a modifier key opens the link as usual", () => {
  const reported = [];
  mount({
    data: { html: "<a href='#job' data-opens='job'>title</a>" },
    parentElement: document.body,
    setTriggerValue: (...trigger) => reported.push(trigger),
  });
  for (const modifier of ["ctrlKey", "metaKey", "shiftKey"]) {
    const options = { bubbles: true, cancelable: true, [modifier]: true };
    const click = new window.MouseEvent("click", options);
    root.querySelector("a").dispatchEvent(click);
    assert.equal(click.defaultPrevented, false);
  }
  assert.deepEqual(reported, []);
});
