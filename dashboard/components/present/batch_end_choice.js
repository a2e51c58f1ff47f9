// The button that chooses what signals the end of a batch.

import { CHOICES, chime, readChoice, storeChoice } from "./batch_end_signals.js";

async function isPossible(choice) {
  if (choice === "sound") chime();
  if (choice !== "notification") return true;
  return "Notification" in globalThis && (await Notification.requestPermission()) === "granted";
}

async function chooseNext(button) {
  const next = CHOICES[(CHOICES.indexOf(button.value) + 1) % CHOICES.length];
  const isAllowed = await isPossible(next);
  show(button, isAllowed ? next : "silent");
  if (!isAllowed) button.textContent += " (notifications are blocked)";
  storeChoice(button.value);
}

function show(button, choice) {
  button.value = choice;
  button.textContent = `Batch end: ${choice}`;
}

export default function ({ parentElement }) {
  const button = parentElement.querySelector("button");
  show(button, readChoice());
  button.onclick = () => chooseNext(button);
}
