// What the replay shows at a time; pure functions.

/** Return the number of times that are not later than a time; times ascend. */
export function countUntil(times, at) {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Return the numbers at a time, by their names; null is unknown. */
export function numbersAt(numbers, at) {
  const index = countUntil(numbers.at, at) - 1;
  const entries = Object.entries(numbers).filter(([name]) => name !== "at");
  return Object.fromEntries(entries.map(([name, values]) => [name, values[index] ?? null]));
}

/** Return the number of pictures; the newest shown ones may be in no sample yet. */
export function countPictures(sampled, shown) {
  return sampled === null ? null : Math.max(sampled, shown);
}

/** Return the first speed at which the run takes at most a minute and a half. */
export function usualSpeed(speeds, length) {
  return speeds.find((speed) => length / speed <= 90) ?? speeds.at(-1);
}

/** Format a duration: 0:07, 12:34, 1:02:03. */
export function formatLength(seconds) {
  const whole = Math.round(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] ? parts : parts.slice(1);
  return shown.map((part, index) => (index ? String(part).padStart(2, "0") : part)).join(":");
}

/** Format a time of day, of seconds that include the offset of the zone. */
export function formatClock(seconds) {
  return new Date(seconds * 1000).toISOString().slice(11, 19);
}
