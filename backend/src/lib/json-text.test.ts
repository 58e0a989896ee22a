import fc from "fast-check";
import { expect, test } from "vitest";
import { elementsOf, endOfValue, membersOf, memberText, wholeValue } from "./json-text.js";

/** The value at a place, put together from the places of what it holds. */
function read(text: string, at: number): unknown {
  if (text[at] === "[") return elementsOf(text, at).map(({ start }) => read(text, start));
  if (text[at] !== "{") return JSON.parse(text.slice(at, endOfValue(text, at)));
  const object = {};
  for (const { key, start } of membersOf(text, at))
    Object.defineProperty(object, key, { value: read(text, start), enumerable: true, configurable: true, writable: true });
  return object;
}

test("what stands at the places is what a parse finds", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(0, 1, "\t", " \r\n"), (value, indent) => {
      const text = ` ${JSON.stringify(value, null, indent)}\n`;
      const { start, end } = wholeValue(text);
      expect(text.slice(start, end)).toBe(text.trim());
      expect(read(text, start)).toEqual(JSON.parse(text));
    }),
  );
});

test("keys without their escapes, values with all they have; of a repeated key the last one counts", () => {
  const text = ' {"a\\u0062" : 12345678901234567890 ,"x":"}\\"{", "ab":1.0 } ';
  expect(membersOf(text, 1).map(({ key, start, end }) => [key, text.slice(start, end)])).toEqual([
    ["ab", "12345678901234567890"],
    ["x", '"}\\"{"'],
    ["ab", "1.0"],
  ]);
  expect(memberText(text, "ab")).toBe("1.0");
  expect(memberText(text, "a")).toBeUndefined();
});

test("text that is no JSON ends all the same", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'{}[]",:\\1 a') }), (text) => {
      for (const look of [() => wholeValue(text), () => membersOf(text, 0), () => elementsOf(text, 0)]) {
        try {
          look();
        } catch {
          // It said so.
        }
      }
    }),
  );
});
