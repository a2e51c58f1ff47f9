// Refreshes the status of the visitor's picture without touching the form.

const POLL_INTERVAL_MILLISECONDS = 1500;
const job = document.querySelector("section[data-source]");

async function refresh() {
  const response = await fetch(job.dataset.source);
  if (!response.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const latest = page.querySelector("article");
  const shown = job.querySelector("article");
  if (latest && latest.outerHTML !== shown.outerHTML) shown.replaceWith(latest);
}

function scheduleRefresh() {
  if (job?.querySelector("article[data-live]")) setTimeout(poll, POLL_INTERVAL_MILLISECONDS);
}

async function poll() {
  try {
    await refresh();
  } catch {
    // The network is unavailable; the next poll retries.
  }
  scheduleRefresh();
}

scheduleRefresh();
