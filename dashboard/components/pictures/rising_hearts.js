// Hearts that rise over a picture when somebody gives it one.

const MAX_HEARTS = 12;

/** Let a number of hearts rise over a tile; none where people want less motion. */
export function rise(tile, number) {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  const rising = document.querySelectorAll(".rising-heart").length;
  for (let count = 0; count < Math.min(number, MAX_HEARTS - rising); count += 1) {
    const heart = document.createElement("i");
    heart.className = "rising-heart";
    heart.ariaHidden = "true";
    heart.textContent = "♥";
    heart.style.left = `${55 + 35 * Math.random()}%`;
    heart.style.animationDelay = `${0.25 * count}s`;
    heart.addEventListener("animationend", () => heart.remove());
    tile.append(heart);
  }
}
