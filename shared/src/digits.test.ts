import { expect, it } from "vitest";
import { counted, grouped } from "./digits.js";

it("groups digits as Intl does", () => {
  for (const n of [0, 7, 999, 1_000, 12_345, 999_999, 1_000_000, 1_234_567_890, -1, -999, -1_000, -1_234_567])
    expect(grouped(n)).toBe(n.toLocaleString("en-US"));
});

it("says one as one and many as many", () => {
  expect([0, 1, 1_234].map((n) => counted(n, "event"))).toEqual(["0 events", "1 event", "1,234 events"]);
});
