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
  addEventListener: window.addEventListener.bind(window),
  document: window.document,
  getComputedStyle: window.getComputedStyle.bind(window),
  history: window.history,
  location: window.location,
  removeEventListener: window.removeEventListener.bind(window),
  window,
});
