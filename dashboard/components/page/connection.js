// States that the connection to the dashboard is lost, on every page: a sentence at its foot, and
// no source keeps its healthy dot. Streamlit's own dialog, which covers the page, is closed.

const STATE = "data-test-connection-state";
const LOST = new Set(["PINGING_SERVER", "DISCONNECTED_FOREVER"]);
const REFRESH_MILLISECONDS = 500;

function closeDialog() {
  for (const dialog of document.querySelectorAll(".stDialog")) {
    // The app's own dialogs have content of the page.
    if (!dialog.querySelector(".stVerticalBlock")) {
      dialog.querySelector('[aria-label="Close"]')?.click();
    }
  }
}

function markUnread(since) {
  for (const pill of document.querySelectorAll(".pill[data-source]:not([data-shown])")) {
    pill.dataset.shown = pill.innerHTML;
    pill.dataset.kind = pill.className;
    pill.className = "pill silent";
    pill.lastChild.textContent = `${pill.dataset.source}: no reading since ${since}`;
  }
}

// The next reading may have the same text, and then Streamlit does not render it again.
function restorePills() {
  for (const pill of document.querySelectorAll(".pill[data-shown]")) {
    pill.innerHTML = pill.dataset.shown;
    pill.className = pill.dataset.kind;
    delete pill.dataset.shown;
    delete pill.dataset.kind;
  }
}

function update(notice, app) {
  const isLost = LOST.has(app.getAttribute(STATE));
  if (isLost) {
    notice.dataset.since ??= new Date().toLocaleTimeString("en-GB");
    const { since } = notice.dataset;
    const sentence = `Connection lost at ${since}. The page shows the state of that time and reconnects by itself.`;
    if (notice.textContent !== sentence) notice.textContent = sentence;
    markUnread(since);
    closeDialog();
  } else if (notice.dataset.since) {
    delete notice.dataset.since;
    notice.textContent = "";
    restorePills();
  }
}

export default function ({ parentElement }) {
  const notice = parentElement.querySelector(".connection");
  const app = document.querySelector(".stApp");
  const timer = setInterval(() => update(notice, app), REFRESH_MILLISECONDS);
  return () => clearInterval(timer);
}
