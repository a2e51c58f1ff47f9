// A Plotly chart that is updated in place. Streamlit's own chart element is mounted anew at
// every change of its data, which flickers; Plotly.react keeps the elements.

const CAPTIONS_MIN_WIDTH_PIXELS = 560;

let library;
let timeRange;
const moving = new Set();

function loadPlotly(url) {
  library ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => {
      library = undefined; // the next update retries
      reject(new Error(`Could not load ${url}.`));
    };
    document.head.append(script);
  });
  return library;
}

// The figure names its colors as custom properties, e.g. var(--requests). SVG attributes do
// not resolve those, and the values differ between light and dark, so a probe element does.
function resolve(plot, names) {
  const probe = document.createElement("i");
  probe.hidden = true;
  plot.parentElement.append(probe);
  const entries = names.map((name) => {
    probe.style.color = `var(${name})`;
    return [name, getComputedStyle(probe).color];
  });
  probe.remove();
  return entries;
}

// Each probe makes the browser compute the styles of the whole page, so what it found is kept
// as long as the text has the same color, which is as long as the page has the same theme.
function colorsOf(plot, names) {
  const { color } = getComputedStyle(plot);
  if (plot.colors?.get("color") !== color) plot.colors = new Map([["color", color]]);
  const unknown = [...names].filter((name) => !plot.colors.has(name));
  if (unknown.length) for (const entry of resolve(plot, unknown)) plot.colors.set(...entry);
  return plot.colors;
}

const CUSTOM_PROPERTY = /var\((--[\w-]+)\)/g;

function parseFigure(plot) {
  const text = plot.figureText;
  const names = new Set(Array.from(text.matchAll(CUSTOM_PROPERTY), ([, name]) => name));
  const colors = colorsOf(plot, names);
  return JSON.parse(text.replace(CUSTOM_PROPERTY, (_, name) => colors.get(name)));
}

// The figure is made for one text size. Where the style sheets give the chart's element larger
// or smaller text, as on a projector, text, lines and margins are all scaled with it.
function scale(plot, figure) {
  const factor = Number.parseFloat(getComputedStyle(plot).fontSize) / figure.layout.font.size;
  plot.style.transform = factor === 1 ? "" : `scale(${factor})`;
  plot.style.width = `${100 / factor}%`;
  plot.style.height = plot.fixedHeight ? `${plot.fixedHeight}px` : `${100 / factor}%`;
}

function fit(figure, width, height) {
  figure.layout.width = width;
  figure.layout.height = height;
  if (width < CAPTIONS_MIN_WIDTH_PIXELS) {
    figure.layout.xaxis.nticks = figure.layout.xaxis.tickformat.includes("%S") ? 3 : 4;
    for (const marks of ["annotations", "shapes"]) {
      figure.layout[marks] = figure.layout[marks]?.filter((mark) => mark.name !== "caption");
    }
  }
}

function draw(plot) {
  if (!window.Plotly || !plot.clientWidth) return;
  const figure = parseFigure(plot);
  if (moving.has(plot) && timeRange) figure.layout.xaxis.range = timeRange;
  scale(plot, figure);
  fit(figure, plot.clientWidth, plot.clientHeight);
  window.Plotly.react(plot, figure.data, figure.layout, {
    displayModeBar: false,
    doubleClick: false,
  });
}

// A new figure comes with a new axis: both are drawn at once, and nothing while the tab is hidden.
function drawSoon(plot) {
  plot.nextFrame ??= requestAnimationFrame(() => {
    plot.nextFrame = undefined;
    draw(plot);
  });
}

/** Move the time axis of the figures that have one in common, to the values at its edges. */
export function moveAxis(range) {
  timeRange = range;
  for (const plot of moving) drawSoon(plot);
}

// Redraws without new data, for another size or theme. A change of theme is detected by the
// end of the (1 ms) transition of the element's color, see live_plot.css.
function observe(plot) {
  plot.resizeObserver = new ResizeObserver(() => {
    const { width, height } = plot._fullLayout ?? {};
    if (plot.clientWidth !== width || plot.clientHeight !== height) draw(plot);
  });
  plot.resizeObserver.observe(plot);
  plot.addEventListener("transitionend", (event) => {
    if (event.target === plot && event.propertyName === "color") draw(plot);
  });
}

export default function ({ data, parentElement }) {
  const plot = parentElement.querySelector(".live-plot");
  plot.figureText = data.figure;
  plot.fixedHeight = data.height;
  plot.setAttribute("aria-label", data.alt);
  if (data.moves) moving.add(plot);
  if (!plot.resizeObserver) observe(plot);
  loadPlotly(data.library).then(() => drawSoon(plot), reportError);

  return () => {
    moving.delete(plot);
    cancelAnimationFrame(plot.nextFrame);
    plot.nextFrame = undefined;
    plot.resizeObserver.disconnect();
    plot.resizeObserver = undefined;
    window.Plotly?.purge(plot);
  };
}
