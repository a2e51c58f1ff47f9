// The position of a replay, and its controls. Between two updates the position advances on its
// own; a position that is being dragged stays under the pointer until it is released.

const SLIDER_STEP_SECONDS = 0.1;
const REFRESH_MILLISECONDS = 200;

function formatTime(seconds) {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

// Streamlit keeps only the last value of a trigger until its script reads it. So each value
// contains all commands that no update has confirmed; the server skips those it has applied.
function emit(bar, command) {
  const last = bar.unconfirmed.at(-1)?.number ?? bar.data.confirmed;
  bar.unconfirmed.push({ ...command, number: last + 1 });
  bar.setTriggerValue("commands", [...bar.unconfirmed]);
}

function createElement(tag, className, text = "") {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

function createButton(className, text, title, onClick) {
  const button = createElement("button", className, text);
  button.type = "button";
  button.title = title;
  button.addEventListener("click", onClick);
  return button;
}

function createSpeeds(bar) {
  const speeds = createElement("span", "speeds");
  speeds.setAttribute("role", "group");
  speeds.setAttribute("aria-label", "Speed");
  for (const speed of bar.data.speeds) {
    const button = createButton("", `${speed}×`, `${speed} times as fast`, () =>
      emit(bar, { do: "speed", to: speed }),
    );
    button.setAttribute("aria-label", `${speed}× speed`);
    button.dataset.speed = speed;
    speeds.append(button);
  }
  return speeds;
}

function createSlider(bar) {
  const slider = createElement("input", "");
  Object.assign(slider, { type: "range", min: 0, step: SLIDER_STEP_SECONDS });
  slider.setAttribute("aria-label", "Position");
  slider.addEventListener("input", () => {
    bar.isDragged = true;
    showTime(bar, Number(slider.value));
  });
  slider.addEventListener("change", () => {
    bar.isDragged = false;
    seek(bar, Number(slider.value));
  });
  return slider;
}

function seek(bar, seconds) {
  const { duration } = bar.data;
  // The slider's last step may lie just before the end.
  bar.seconds = duration - seconds < SLIDER_STEP_SECONDS ? duration : seconds;
  bar.updatedAt = performance.now();
  emit(bar, { do: "seek", to: bar.seconds });
}

function build(bar) {
  const name = createElement("span", "name");
  const toggle = createButton("toggle", "", "", () =>
    emit(bar, { do: bar.data.playing ? "pause" : "play" }),
  );
  const restart = createButton("", "Restart", "Play from the start", () =>
    emit(bar, { do: "restart" }),
  );
  const slider = createSlider(bar);
  const time = createElement("span", "time");
  const speeds = createSpeeds(bar);
  const live = createButton("live", "Back to live", "End the replay for everybody", () =>
    emit(bar, { do: "live" }),
  );
  bar.controls = { name, toggle, restart, slider, time, speeds, live };
  bar.replaceChildren(createElement("b", "", "Replay"), ...Object.values(bar.controls));
}

function showTime(bar, seconds) {
  const { slider, time } = bar.controls;
  const text = `${formatTime(seconds)} / ${formatTime(bar.data.duration)}`;
  if (time.textContent !== text) time.textContent = text;
  slider.setAttribute("aria-valuetext", text);
}

function showPosition(bar) {
  if (bar.isDragged) return;
  const { duration, playing, speed } = bar.data;
  const elapsed = playing ? ((performance.now() - bar.updatedAt) / 1000) * speed : 0;
  const seconds = Math.min(duration, bar.seconds + elapsed);
  bar.controls.slider.value = seconds;
  showTime(bar, seconds);
}

function toggleTitle({ playing, seconds, duration }) {
  if (playing) return "Pause";
  return seconds >= duration ? "Play from the start" : "Resume";
}

function showState(bar) {
  const { data } = bar;
  const { name, toggle, restart, slider, speeds, live } = bar.controls;
  name.textContent = data.name;
  name.title = data.recorded;
  toggle.textContent = data.playing ? "Pause" : "Play";
  toggle.title = toggleTitle(data);
  slider.max = data.duration;
  for (const control of [toggle, restart, speeds]) control.hidden = !data.controls;
  slider.disabled = !data.controls;
  live.hidden = !data.controls || !data.live;
  for (const button of speeds.children) {
    button.setAttribute("aria-pressed", String(Number(button.dataset.speed) === data.speed));
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  const bar = parentElement.querySelector(".replay-bar");
  bar.data = data;
  bar.seconds = data.seconds;
  bar.updatedAt = performance.now();
  bar.setTriggerValue = setTriggerValue;
  bar.unconfirmed = (bar.unconfirmed ?? []).filter(({ number }) => number > data.confirmed);
  if (!bar.controls) build(bar);
  showState(bar);
  showPosition(bar);
  bar.timer ??= setInterval(() => showPosition(bar), REFRESH_MILLISECONDS);

  return () => {
    clearInterval(bar.timer);
    bar.timer = undefined;
  };
}
