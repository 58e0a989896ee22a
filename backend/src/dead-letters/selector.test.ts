import { expect, test } from "vitest";
import { auditable } from "./selector.js";

test("the audit log keeps the first 100 ids of an order and how many there were", () => {
  const ids = Array.from({ length: 10_000 }, (_, n) => String(n));
  expect(auditable({ ids, reason: "a test" })).toEqual({ ids: ids.slice(0, 100), idCount: 10_000, reason: "a test" });
  expect(auditable({ ids: ids.slice(0, 100) })).toEqual({ ids: ids.slice(0, 100), idCount: 100 });
  expect(auditable({ all: true, ids: undefined })).toEqual({ all: true });
});
