// The picture in the dialog. Its element stays the same when the picture changes, so that full
// screen lasts while the arrow keys lead from picture to picture.

function isFullScreen(viewer) {
  return document.fullscreenElement === viewer;
}

function toggle(viewer) {
  if (isFullScreen(viewer)) document.exitFullscreen();
  else viewer.requestFullscreen();
}

export default function ({ data, parentElement }) {
  const viewer = parentElement.querySelector(".picture-viewer");
  const [image, button] = viewer.children;
  image.alt = data.prompt;
  if (image.getAttribute("src") !== data.url) image.src = data.url;
  button.hidden = !document.fullscreenEnabled;
  button.onclick = () => toggle(viewer);
  viewer.onfullscreenchange = () => {
    button.textContent = isFullScreen(viewer) ? "Exit full screen" : "Full screen";
  };
}
