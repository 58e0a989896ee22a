import { expect, test } from "vitest";
import { MOST_PAGE_BYTES, readPage } from "./page.js";

/** A list of numbers that is read like a store, and counts what it handed out. */
function source(count: number) {
  let read = 0;
  let largest = 0;
  return {
    read: async function* (most: number, after: number | undefined) {
      largest = Math.max(largest, most);
      for (let n = (after ?? -1) + 1, left = most; n < count && left > 0; n++, left--) {
        read++;
        yield n;
      }
    },
    handedOut: () => read,
    largestSlice: () => largest,
  };
}

async function all(count: number, limit: number, bytesOf: (n: number) => number): Promise<number[][]> {
  const pages: number[][] = [];
  for (let last: number | undefined; ; ) {
    const from = last;
    const { read } = source(count);
    const page = await readPage(limit, (most, after) => read(most, after ?? from), bytesOf);
    pages.push(page.items);
    if (!page.more) return pages;
    last = page.items.at(-1);
    expect(last).toBeDefined();
  }
}

test.each([
  [0, 10, 1],
  [1, 1, 1],
  [10, 10, 1],
  [11, 10, 1],
  [500, 500, 100],
  [501, 500, 100],
  [1_003, 500, 100],
  [60, 500, 255 * 1024],
  [7, 500, 5 * 1024 * 1024],
])("%i items, at most %i a page, %i bytes each: every item once, and no page over its bounds", async (count, limit, size) => {
  const pages = await all(count, limit, () => size);
  expect(pages.flat()).toEqual(Array.from({ length: count }, (_, n) => n));
  for (const page of pages) {
    expect(page.length).toBeLessThanOrEqual(limit);
    if (page.length > 1) expect(page.length * size).toBeLessThanOrEqual(MOST_PAGE_BYTES);
  }
});

test("of large items hardly more are read than the page holds, also behind small ones", async () => {
  const large = source(1_000);
  const { items } = await readPage(500, large.read, () => 255 * 1024);
  expect(items.length).toBe(16);
  expect(large.handedOut()).toBe(17);
  const mixed = source(1_000);
  await readPage(500, mixed.read, (n) => (n < 60 ? 10 : 255 * 1024));
  expect(mixed.handedOut()).toBe(60 + 17);
  expect(mixed.largestSlice()).toBeLessThanOrEqual(200);
});
