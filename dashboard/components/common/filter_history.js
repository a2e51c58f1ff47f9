// Each change of a filter is an entry of the browser's history, so that Back shows the earlier
// filter. Streamlit replaces the address of a widget that it binds to a query parameter.

const TYPING_MILLISECONDS = 1000;

const lastChange = { name: "", at: 0 };
let isNavigating = false;

function changedName(url, names) {
  const before = new URLSearchParams(location.search);
  const after = new URL(url, location.href).searchParams;
  return names.find((name) => before.get(name) !== after.get(name));
}

function continuesTyping(name, typed) {
  const elapsed = performance.now() - lastChange.at;
  const continues =
    typed.includes(name) && lastChange.name === name && elapsed < TYPING_MILLISECONDS;
  Object.assign(lastChange, { name, at: performance.now() });
  return continues;
}

function handleNavigation() {
  isNavigating = true;
}

function handleInput() {
  isNavigating = false;
}

// The browser's own methods: a page that follows another never wraps that page's wrapper.
function watch(names, typed) {
  const { pushState, replaceState } = Object.getPrototypeOf(history);
  const record = (state, title, url) => {
    const name = url && !isNavigating && changedName(url, names);
    const isEntry = name && !continuesTyping(name, typed);
    (isEntry ? pushState : replaceState).call(history, state, title, url);
  };
  history.replaceState = record;
  return () => {
    if (history.replaceState === record) delete history.replaceState;
  };
}

export default function ({ data }) {
  const release = watch(data.names, data.typed);
  addEventListener("popstate", handleNavigation);
  for (const type of ["pointerdown", "keydown"]) addEventListener(type, handleInput, true);
  return () => {
    release();
    removeEventListener("popstate", handleNavigation);
    for (const type of ["pointerdown", "keydown"]) removeEventListener(type, handleInput, true);
  };
}
