// A Plotly chart that is updated in place. Streamlit's own chart element is mounted anew at
// every change of its data, which blinks; Plotly.react keeps what is there.

const NARROW = 560; // pixels; below it there is no room for captions

let library;

function loadPlotly(url) {
  library ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => {
      library = undefined; // the next update tries again
      reject(new Error(`could not load ${url}`));
    };
    document.head.append(script);
  });
  return library;
}

// The figure names its colours as custom properties, e.g. var(--requests). SVG attributes do
// not resolve those, and the values differ between light and dark: the browser is asked.
function colourResolver(element) {
  const probe = document.createElement("i");
  probe.hidden = true;
  element.append(probe);
  const known = new Map();
  const resolve = (_, name) => {
    if (!known.has(name)) {
      probe.style.color = `var(${name})`;
      known.set(name, getComputedStyle(probe).color);
    }
    return known.get(name);
  };
  return {
    resolve: (text) => text.replace(/var\((--[\w-]+)\)/g, resolve),
    done: () => probe.remove(),
  };
}

function parseFigure(element, text) {
  const colours = colourResolver(element.parentElement);
  const figure = JSON.parse(colours.resolve(text));
  colours.done();
  return figure;
}

// The figure is drawn for one size of text. Where the style sheets give the chart's element
// larger or smaller text, as on a projector, all of it grows along: text, lines and margins.
function scale(plot, figure) {
  const factor = parseFloat(getComputedStyle(plot).fontSize) / figure.layout.font.size;
  plot.style.transform = factor === 1 ? "" : `scale(${factor})`;
  plot.style.width = `${100 / factor}%`;
  plot.style.height = plot.fixedHeight ? `${plot.fixedHeight}px` : `${100 / factor}%`;
}

function fit(figure, width, height) {
  figure.layout.width = width;
  figure.layout.height = height;
  if (width < NARROW) {
    figure.layout.xaxis.nticks = figure.layout.xaxis.tickformat.includes("%S") ? 3 : 4;
    figure.layout.annotations = figure.layout.annotations.filter((a) => a.name !== "caption");
  }
}

function draw(plot) {
  if (!window.Plotly || !plot.clientWidth) return;
  const figure = parseFigure(plot, plot.figureText);
  scale(plot, figure);
  fit(figure, plot.clientWidth, plot.clientHeight);
  window.Plotly.react(plot, figure.data, figure.layout, {
    displayModeBar: false,
    doubleClick: false,
  });
}

// Redraws without new data: another size, or another theme. A change of theme is seen as
// the end of the (1 ms) transition of the element's colour, see live_plot.css.
function watch(plot) {
  plot.resizing = new ResizeObserver(() => {
    const { width, height } = plot._fullLayout ?? {};
    if (plot.clientWidth !== width || plot.clientHeight !== height) draw(plot);
  });
  plot.resizing.observe(plot);
  plot.addEventListener("transitionend", (event) => {
    if (event.target === plot && event.propertyName === "color") draw(plot);
  });
}

export default function ({ data, parentElement }) {
  const plot = parentElement.querySelector(".live-plot");
  plot.figureText = data.figure;
  plot.fixedHeight = data.height;
  plot.setAttribute("aria-label", data.alt);
  if (!plot.resizing) watch(plot);
  loadPlotly(data.library).then(() => draw(plot), (error) => console.error(error));

  return () => {
    plot.resizing.disconnect();
    plot.resizing = undefined;
    window.Plotly?.purge(plot);
  };
}
