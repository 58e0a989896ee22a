import { expect, test } from "vitest";
import { createTraceShares } from "./trace-shares.js";

test("a tenant that asks for every trace leaves its neighbours theirs, and has its own again in the next second", () => {
  let now = 10_000;
  const shares = createTraceShares(() => now);
  let recorded = 0;
  for (let i = 0; i < 1_000; i++) if (shares.take("greedy")) recorded++;
  expect(recorded).toBe(100);
  expect(shares.take("quiet")).toBe(true);
  now += 1_000;
  expect(shares.take("greedy")).toBe(true);
});
