import { expect, it } from "vitest";
import { createAgedCache } from "./aged-cache.js";

it("a look ends with the last who waits for it, and the next one begins anew", async () => {
  const ends: AbortSignal[] = [];
  const cache = createAgedCache((end) => {
    ends.push(end);
    return new Promise<number>((resolve, reject) => {
      if (ends.length === 2) resolve(2);
      end.addEventListener("abort", () => reject(end.reason));
    });
  });
  const [one, other] = [new AbortController(), new AbortController()];
  const waiting = [one, other].map(({ signal }) => cache.current(signal));
  one.abort(new Error("one left"));
  await expect(waiting[0]).rejects.toThrow("one left");
  expect(ends.map(({ aborted }) => aborted)).toEqual([false]);
  other.abort(new Error("other left"));
  await expect(waiting[1]).rejects.toThrow("other left");
  expect(ends.map(({ aborted }) => aborted)).toEqual([true]);
  expect((await cache.current()).value).toBe(2);
  await expect(cache.current(one.signal)).rejects.toThrow("one left");
});
