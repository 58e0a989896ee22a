import { expect, test } from "vitest";
import { shortened, textOfTypes, typesOf } from "./retention-text.js";

const SETTINGS = { days: 30, deadLetterDays: 90 };
const plain = { retention: {}, kept: SETTINGS };

test("types as lines, and back", () => {
  const types = { SALE: 400, "a:b": 0 };
  expect(textOfTypes(types)).toBe("SALE: 400\na:b: 0");
  expect(typesOf(textOfTypes(types))).toEqual(types);
  expect(typesOf("\n")).toEqual({});
  for (const wrong of ["SALE", ": 4", "SALE: many", "SALE: -1", "SALE:"]) expect(typesOf(wrong)).toBeUndefined();
});

test("what is kept for a shorter time is named; 0 is for ever", () => {
  expect(shortened(plain, { days: 30 }, SETTINGS)).toEqual([]);
  expect(shortened(plain, { days: 0, deadLetterDays: 400, types: { SALE: 31 } }, SETTINGS)).toEqual([]);
  expect(shortened(plain, { days: 7 }, SETTINGS)).toEqual(["events: 30 days → 7 days"]);
  expect(shortened(plain, { types: { SALE: 5 } }, SETTINGS)).toEqual(["events of type SALE: 30 days → 5 days"]);
  const forEver = { retention: { days: 0, types: { SALE: 400 } }, kept: { days: 0, deadLetterDays: 90 } };
  expect(shortened(forEver, {}, SETTINGS)).toEqual(["events: for ever → 30 days", "events of type SALE: 400 days → 30 days"]);
});
