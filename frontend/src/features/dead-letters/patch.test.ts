import { INPUT_NAMES } from "@streamforge/shared";
import fc from "fast-check";
import { expect, it } from "vitest";
import { parseExact } from "../../lib/exact-json.js";
import { marksOf } from "./marks.js";
import { patchBetween, refusals, userFrom } from "./patch.js";

// The API's own way of applying a patch: what the page computes must do there what the page showed. The page's sources do not
// know the backend's, and should not: a test alone asks for it.
const { applyPatch, readPatch } = (await import("../../../../backend/src/replay/patch.js" as string)) as {
  applyPatch(text: string, patch: unknown[], maxBytes: number): string;
  readPatch(text: string): unknown[];
};

const json = fc.jsonValue({ maxDepth: 4 });

it("leads from any event to any other, applied as the API applies it", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), json), fc.dictionary(fc.string(), json), (before, after) => {
      const [a, b] = [JSON.stringify({ eventId: "e", payload: before }), JSON.stringify({ eventId: "e", payload: after })];
      const patch = patchBetween(JSON.parse(a), JSON.parse(b));
      expect(JSON.parse(applyPatch(a, readPatch(JSON.stringify(patch)), 1e6))).toEqual(JSON.parse(b));
    }),
    { numRuns: 300 },
  );
});

it.each([
  ["a value", { p: { amount: "9" } }, { p: { amount: 9 } }, [{ op: "replace", path: "/p/amount", value: 9 }]],
  ["a member that is gone", { "a/b": 1, c: 2 }, { c: 2 }, [{ op: "remove", path: "/a~1b" }]],
  ["an element in the middle", { l: [1, 2, 3] }, { l: [1, 3] }, [{ op: "remove", path: "/l/1" }]],
  ["an element that comes", { l: [1, 3] }, { l: [1, 2, 3] }, [{ op: "add", path: "/l/1", value: 2 }]],
  ["nothing", { a: [{ b: null }] }, { a: [{ b: null }] }, []],
])("finds %s", (_what, before, after, patch) => {
  expect(patchBetween(before, after)).toEqual(patch);
});

it("leaves alone what it cannot hold: digits stay as they were written", () => {
  const text = '{"n":12345678901234567890,"price":1.10,"x":1}';
  expect(patchBetween(parseExact(text), parseExact(text.replace('"x":1', '"x":2')))).toEqual([{ op: "replace", path: "/x", value: 2 }]);
});

it("becomes coarser before it becomes too large", () => {
  const many = (value: number) => ({ payload: { list: Array.from({ length: 300 }, () => value) } });
  expect(patchBetween(many(1), many(2)).length).toBeLessThanOrEqual(100);
  expect(() => patchBetween({ a: "x" }, { a: "y".repeat(70_000) })).toThrow("more than a patch can hold");
});

it("says what the API would refuse, before it does", () => {
  const event = { eventId: "e", subject: "cart-1", payload: {} };
  const about = (path: string) => refusals([{ op: "replace", path, value: "x" }], event).join(" ");
  expect(about("/eventId")).toContain("eventId cannot be changed");
  expect(about("/user_id")).toContain("user_id cannot be changed");
  expect(about("/subject")).toContain("its user comes from subject");
  expect(about("")).toContain("whole event");
  expect(about("/payload/eventId")).toBe("");
  expect(refusals([{ op: "move", from: "/id", path: "/payload/id" }])).toHaveLength(1);
  // Kept as it was written, or rounded by a browser that cannot.
  expect(refusals([{ op: "add", path: "/payload/n", value: parseExact("12345678901234567890") as object }])).toEqual([]);
  expect(refusals([{ op: "add", path: "/payload/n", value: 2 ** 60 }])).toHaveLength(1);
  expect(userFrom({ userId: null, partitionKey: "p", subject: "s" })).toBe("partitionKey");
});

it("knows identity by the API's names", () => {
  const { eventId, userId, partitionKey, subject } = INPUT_NAMES;
  for (const name of [...eventId, ...userId]) expect(refusals([{ op: "remove", path: `/${name}` }])).toHaveLength(1);
  for (const name of [...userId, ...partitionKey, ...subject]) expect(userFrom({ [name]: "x" })).toBe(name);
});

it("marks failures where they are, or where what is missing should be", () => {
  const failures = [
    { pointer: "/amount", detail: "must be a number" },
    { pointer: "/lines/0/sku", detail: "is required" },
    { pointer: "/currency", detail: "is required" },
  ];
  const payload = { amount: "9", lines: [{}] };
  expect(marksOf({ eventId: "e", payload }, failures)).toEqual({
    "/payload/amount": "must be a number",
    "/payload/lines/0": "sku is required",
    "/payload": "currency is required",
  });
  expect(marksOf({ eventId: "e", ...payload }, failures)).toEqual({
    "/amount": "must be a number",
    "/lines/0": "sku is required",
    "": "currency is required",
  });
});
