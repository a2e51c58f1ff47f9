// The border between two pictures. A range input covers both: mouse, touch and keyboard move it.

function showPicture(image, { url, prompt }) {
  if (image.getAttribute("src") !== url) image.src = url;
  image.alt = prompt;
}

function fitPicture(root, { naturalWidth, naturalHeight }) {
  if (naturalWidth) root.style.setProperty("--ratio", naturalWidth / naturalHeight);
}

function showBorder(root, range) {
  root.style.setProperty("--border", `${range.value}%`);
  range.setAttribute("aria-valuetext", `${range.value} % left picture`);
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".compare");
  const range = root.querySelector("input");
  range.setAttribute("aria-label", "Border between the left and the right picture");
  const left = root.querySelector(".left");
  left.onload = () => fitPicture(root, left);
  showPicture(left, data.left);
  showPicture(root.querySelector(".right"), data.right);
  range.oninput = () => showBorder(root, range);
  showBorder(root, range);
}
