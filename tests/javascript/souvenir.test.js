// What a souvenir shows at each time.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  countPictures,
  countUntil,
  formatClock,
  formatLength,
  numbersAt,
  usualSpeed,
} from "../../dashboard/recordings/souvenir/moments.js";

test("a time shows what happened until then", () => {
  const times = [1, 2, 2, 5];
  assert.deepEqual(
    [0, 1, 1.5, 2, 9].map((at) => countUntil(times, at)),
    [0, 1, 1, 3, 4],
  );
  assert.equal(countUntil([], 3), 0);
});

test("numbers are those of the last sample; unknown before the first", () => {
  const numbers = { at: [1, 3], waiting: [4, null], ready: [0, 2] };
  assert.deepEqual(numbersAt(numbers, 0), { waiting: null, ready: null });
  assert.deepEqual(numbersAt(numbers, 2), { waiting: 4, ready: 0 });
  assert.deepEqual(numbersAt(numbers, 99), { waiting: null, ready: 2 });
});

test("an unknown number of pictures is not zero, and shown pictures are counted at once", () => {
  assert.equal(countPictures(null, 0), null);
  assert.equal(countPictures(null, 3), null);
  assert.equal(countPictures(0, 0), 0);
  assert.equal(countPictures(4, 5), 5);
});

test("a run takes at most a minute and a half, or is played at the highest speed", () => {
  const speeds = [1, 5, 20, 60];
  assert.deepEqual(
    [60, 118, 3600, 36000].map((length) => usualSpeed(speeds, length)),
    [1, 5, 60, 60],
  );
});

test("times are formatted as players do", () => {
  assert.deepEqual([0, 7.4, 754, 3723].map(formatLength), ["0:00", "0:07", "12:34", "1:02:03"]);
  assert.equal(formatClock(1_800_000_000), "08:00:00");
});
