// Refreshes the status of the visitor's picture without touching the form.

const POLL_INTERVAL_MILLISECONDS = 1500;
const PROGRESS_INTERVAL_MILLISECONDS = 500; // at most as many pages at once as there are workers
const job = document.querySelector("section[data-source]");

async function refresh() {
  const response = await fetch(job.dataset.source);
  if (!response.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const article = page.querySelector("article");
  const shown = job.querySelector("article");
  if (!article || article.outerHTML === shown.outerHTML) return;
  const latest = document.importNode(article, true);
  await decodeImages(latest);
  shown.replaceWith(latest);
}

/** Wait for the images, so that a picture replaces its preview without a flash. */
async function decodeImages(article) {
  const images = [...article.querySelectorAll("img")];
  await Promise.allSettled(images.map((image) => image.decode()));
}

function scheduleRefresh() {
  if (!job?.querySelector("article[data-live]")) return;
  const interval = job.querySelector("progress")
    ? PROGRESS_INTERVAL_MILLISECONDS
    : POLL_INTERVAL_MILLISECONDS;
  setTimeout(poll, interval);
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
