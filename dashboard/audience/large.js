// A picture in the size of the screen, with its download. Without this script the link leads to
// the picture itself.

const dialog = document.querySelector("dialog");

function open(link) {
  const prompt = link.querySelector("img").alt;
  const [picture, caption] = dialog.querySelectorAll("img, figcaption");
  picture.src = link.href;
  picture.alt = prompt;
  caption.textContent = prompt;
  const download = dialog.querySelector("a");
  download.href = link.href;
  download.download = link.href.split("/").at(-1);
  dialog.showModal();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-large]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  open(link);
});
dialog?.addEventListener("click", (event) => {
  if (!event.target.closest("a, figure img")) dialog.close();
});
