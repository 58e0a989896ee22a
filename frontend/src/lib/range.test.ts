import { expect, it } from "vitest";
import * as z from "zod/mini";
import { boundsOf, rangeSearch } from "./range.js";

const now = Date.parse("2026-11-21T12:00:00Z");

it("counts a span back from now", () => expect(boundsOf({ since: "1h" }, now)).toEqual({ from: "2026-11-21T11:00:00.000Z" }));
it("prefers bounds that were given", () => {
  expect(boundsOf({ since: "1h", to: "2026-11-20T00:00:00Z" }, now)).toEqual({ to: "2026-11-20T00:00:00Z" });
});
it("has no bounds for all time", () => expect(boundsOf({}, now)).toEqual({}));

it("leaves out what is wrong in a URL", () => {
  const search = z.object(rangeSearch);
  expect(search.parse({ since: "3 weeks", from: "yesterday", to: "2026-11-20T00:00:00Z" })).toEqual({ to: "2026-11-20T00:00:00Z" });
});
