// Where a replay is, and its controls. Between two updates the position moves on by itself; a
// position that somebody drags stays under the pointer until it is let go.

// Seconds between two positions of the slider.
const STEP = 0.1;

function clock(seconds) {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

function button(text, label, click) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.title = label;
  made.addEventListener("click", click);
  return made;
}

function make(bar) {
  const send = (command) => bar.send(command);
  const sign = document.createElement("b");
  sign.textContent = "Replay";
  const name = document.createElement("span");
  name.className = "name";
  const toggle = button("", "", () => send({ do: bar.data.playing ? "pause" : "play" }));
  toggle.className = "toggle";
  const again = button("Restart", "Play from the start", () => send({ do: "restart" }));
  const range = document.createElement("input");
  Object.assign(range, { type: "range", min: 0, step: STEP });
  range.setAttribute("aria-label", "Position");
  range.addEventListener("input", () => {
    bar.dragged = true;
    tell(bar, Number(range.value));
  });
  range.addEventListener("change", () => {
    bar.dragged = false;
    const seconds = Number(range.value);
    // The last step may lie just before the end.
    bar.at = bar.data.duration - seconds < STEP ? bar.data.duration : seconds;
    bar.since = performance.now();
    send({ do: "seek", to: bar.at });
  });
  const time = document.createElement("span");
  time.className = "time";
  const speeds = document.createElement("span");
  speeds.className = "speeds";
  speeds.setAttribute("role", "group");
  speeds.setAttribute("aria-label", "Speed");
  for (const speed of bar.data.speeds) {
    const choice = button(`${speed}×`, `${speed} times as fast`, () => send({ do: "speed", to: speed }));
    choice.setAttribute("aria-label", `${speed}× speed`);
    choice.dataset.speed = speed;
    speeds.append(choice);
  }
  const live = button("Back to live", "End the replay for everybody", () => send({ do: "live" }));
  live.className = "live";
  bar.parts = { name, toggle, again, range, time, speeds, live };
  bar.replaceChildren(sign, name, toggle, again, range, time, speeds, live);
}

function tell(bar, seconds) {
  const text = `${clock(seconds)} / ${clock(bar.data.duration)}`;
  if (bar.parts.time.textContent !== text) bar.parts.time.textContent = text;
  bar.parts.range.setAttribute("aria-valuetext", text);
}

function move(bar) {
  if (bar.dragged) return;
  const passed = bar.data.playing ? ((performance.now() - bar.since) / 1000) * bar.data.speed : 0;
  const seconds = Math.min(bar.data.duration, bar.at + passed);
  bar.parts.range.value = seconds;
  tell(bar, seconds);
}

function update(bar) {
  const { name, toggle, again, range, speeds, live } = bar.parts;
  const { data } = bar;
  name.textContent = data.name;
  name.title = data.recorded;
  const ended = data.seconds >= data.duration;
  toggle.textContent = data.playing ? "Pause" : "Play";
  toggle.title = data.playing ? "Stand still" : ended ? "Play from the start" : "Go on";
  range.max = data.duration;
  for (const part of [toggle, again, speeds]) part.hidden = !data.controls;
  range.disabled = !data.controls;
  live.hidden = !data.controls || !data.live;
  for (const choice of speeds.children) {
    choice.setAttribute("aria-pressed", String(Number(choice.dataset.speed) === data.speed));
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  const bar = parentElement.querySelector(".replay-bar");
  bar.data = data;
  bar.at = data.seconds;
  bar.since = performance.now();
  bar.send = (command) => setTriggerValue("command", command);
  if (!bar.parts) make(bar);
  update(bar);
  move(bar);
  bar.moving ??= setInterval(() => move(bar), 200);

  return () => {
    clearInterval(bar.moving);
    bar.moving = undefined;
  };
}
