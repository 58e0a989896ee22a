import fc from "fast-check";
import { expect, it } from "vitest";
import { diffLines } from "./diff.js";

const lines = fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 30 });

it("tells both texts in order, whatever they are", () => {
  fc.assert(
    fc.property(lines, lines, (before, after) => {
      const diff = diffLines(before, after);
      const without = (kind: string) => diff.filter((line) => line.kind !== kind).map(({ text }) => text);
      expect(without("added")).toEqual(before);
      expect(without("removed")).toEqual(after);
    }),
  );
});

it("shows one changed line as one removed and one added", () => {
  expect(diffLines(["{", "  1", "}"], ["{", "  2", "}"]).map(({ kind }) => kind)).toEqual(["same", "removed", "added", "same"]);
});

it("keeps as many lines as the texts share", () => {
  const kept = (before: string[], after: string[]) => diffLines(before, after).filter(({ kind }) => kind === "same").length;
  expect(kept(["x", "a", "b", "c"], ["a", "b", "c", "y"])).toBe(3);
  expect(kept(["a", "b", "c"], ["x", "a", "b", "c", "y"])).toBe(3);
});

it("says that equal texts are the same", () => expect(diffLines(["a", "b"], ["a", "b"]).every(({ kind }) => kind === "same")).toBe(true));
