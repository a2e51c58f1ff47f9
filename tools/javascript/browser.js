// Loaded before the tests: a DOM without a browser.

import { GlobalWindow } from "happy-dom";

const window = new GlobalWindow({ url: "http://localhost/" });

class DecodedImage extends window.Image {
  naturalWidth = 1;
  decode = () => Promise.resolve();
}

Object.assign(globalThis, {
  DOMParser: window.DOMParser,
  Image: DecodedImage,
  Node: window.Node,
  document: window.document,
  getComputedStyle: window.getComputedStyle.bind(window),
  window,
});
