import { expect, test } from "vitest";
import { cronFault, lastRun } from "./cron.js";

test("what is wrong with an expression is said", () => {
  expect(cronFault("15 3 * * *")).toBeUndefined();
  expect(cronFault("every day")).toContain("is no cron expression");
  expect(cronFault("0 0 31 2 *")).toBe("names no time that will ever come");
});

test("the last run, in UTC, at its very second included", () => {
  const at = (before: string) => lastRun("15 3 * * *", new Date(before))?.toISOString();
  expect(at("2026-03-02T03:15:00.000Z")).toBe("2026-03-02T03:15:00.000Z");
  expect(at("2026-03-02T03:14:59.999Z")).toBe("2026-03-01T03:15:00.000Z");
  expect(at("2026-03-02T12:00:00.000Z")).toBe("2026-03-02T03:15:00.000Z");
});
