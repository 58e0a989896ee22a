import { expect, test } from "vitest";
import { atThisPace } from "../../test/support/yardstick.js";
import { createPace, type LiveTraffic } from "./pace.js";

const quiet: LiveTraffic = { busy: () => false, lagMs: () => 0 };

/** How many it lets through in this many ms. */
async function letThrough(ratePerSecond: number, live: LiveTraffic, ms: number): Promise<{ letters: number; largest: number }> {
  const until = performance.now() + ms;
  const pace = createPace(ratePerSecond, live, () => performance.now() < until);
  let letters = 0;
  let largest = 0;
  while (performance.now() < until) {
    const size = await pace.next(1_000);
    letters += size;
    largest = Math.max(largest, size);
  }
  return { letters, largest };
}

test("it keeps to its rate, in small bulks", async () => {
  const { letters, largest } = await letThrough(200, quiet, 1_500);
  expect(letters).toBeGreaterThan(200);
  expect(letters).toBeLessThanOrEqual(300);
  expect(largest).toBe(40);
  expect((await letThrough(3, quiet, 1_500)).letters).toBeLessThanOrEqual(4);
});

test("behind live traffic: gaps are used, without one a trickle goes, and a lag makes it ten a second", async () => {
  let asked = 0;
  expect((await letThrough(500, { busy: () => asked++ % 5 !== 0, lagMs: () => 0 }, 1_000)).letters).toBeGreaterThan(200);
  const busy = await letThrough(500, { busy: () => true, lagMs: () => 0 }, 1_200);
  expect(busy.largest).toBe(10);
  expect(busy.letters).toBeGreaterThanOrEqual(10);
  expect(busy.letters).toBeLessThanOrEqual(50);
  const lagging = await letThrough(500, { busy: () => false, lagMs: () => 6_000 }, 2_500);
  expect(lagging.letters).toBeGreaterThanOrEqual(10);
  expect(lagging.letters).toBeLessThanOrEqual(30);
});

test("it ends with 0 when it may not continue", async () => {
  let mayGoOn = true;
  setTimeout(() => {
    mayGoOn = false;
  }, 50);
  const startedAt = performance.now();
  expect(await createPace(1, quiet, () => mayGoOn).next(100)).toBe(0);
  expect(performance.now() - startedAt).toBeLessThan(atThisPace(500));
});
