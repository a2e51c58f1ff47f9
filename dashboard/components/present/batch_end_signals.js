// A sound and a notification, and which of them this browser has chosen.

const STORAGE_KEY = "signal of a batch's end";
const NOTES_HERTZ = [659, 880];
export const CHOICES = ["silent", "sound", "notification"];

export function readChoice() {
  try {
    const choice = localStorage.getItem(STORAGE_KEY);
    return CHOICES.includes(choice) ? choice : "silent";
  } catch {
    return "silent"; // storage is blocked
  }
}

export function storeChoice(choice) {
  try {
    localStorage.setItem(STORAGE_KEY, choice);
  } catch {
    // Storage is blocked: the choice lasts as long as the page.
  }
}

/** Play two notes. Browsers allow sounds once somebody has clicked or pressed a key. */
export function chime() {
  const audio = new AudioContext();
  NOTES_HERTZ.forEach((frequency, index) => {
    const start = audio.currentTime + 0.18 * index;
    const volume = new GainNode(audio, { gain: 0.2 });
    volume.gain.setValueAtTime(0.2, start);
    volume.gain.exponentialRampToValueAtTime(0.001, start + 0.6);
    const note = new OscillatorNode(audio, { frequency });
    note.connect(volume).connect(audio.destination);
    note.start(start);
    note.stop(start + 0.6);
    if (index === NOTES_HERTZ.length - 1) note.onended = () => audio.close();
  });
}

/** Show a notification, or play the sound where the browser shows none. */
export function notify(text) {
  try {
    new Notification("Stable Diffusion, live", { body: text, tag: "batch" });
  } catch {
    chime(); // browsers of phones show notifications of service workers only
  }
}
