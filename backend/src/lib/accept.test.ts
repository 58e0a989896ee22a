import { expect, test } from "vitest";
import { qualityOf } from "./accept.js";

test.each([
  [undefined, 0],
  ["", 0],
  ["*/*", 0],
  ["application/json", 0],
  ["a/b", 1],
  ["A/B", 1],
  ["text/html, a/b;q=0.5", 0.5],
  ["a/b;q=0", 0],
  ["a/b; q=0.000", 0],
  ["a/b;version=1;q=0.2, a/b;q=0.7", 0.7],
  ["a/b+json", 0],
  ["x/a/b", 0],
  ["a/b;q=odd", 0],
  ["other/name", 1],
])("%s: %s", (accept, quality) => {
  expect(qualityOf(accept, "a/b", "other/name")).toBe(quality);
});
