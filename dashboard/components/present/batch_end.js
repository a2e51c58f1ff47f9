// Signals the end of a batch: the queue was busy and is empty. Whether and how is the choice of
// this browser, see batch_end_choice.js.

import { chime, notify, readChoice } from "./batch_end_signals.js";

export default function ({ data, parentElement }) {
  const watch = parentElement.querySelector(".batch-end");
  if (data.busy === null) return; // unknown: neither busy nor finished
  const hasEnded = watch.dataset.busy === "true" && !data.busy;
  watch.dataset.busy = String(data.busy);
  if (!hasEnded) return;
  const choice = readChoice();
  if (choice === "sound") chime();
  if (choice === "notification") notify(data.text);
}
