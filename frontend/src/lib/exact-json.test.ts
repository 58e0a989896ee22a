import { expect, it } from "vitest";
import { exactNumber, parseExact } from "./exact-json.js";

it.each(["12345678901234567890", "1.10", "1e400", "-0"])("keeps %s as it was written", (number) => {
  const parsed = parseExact(`{"a":[${number}]}`) as { a: unknown[] };
  expect(exactNumber(parsed.a[0])).toBe(number);
  expect(JSON.stringify(parsed)).toBe(`{"a":[${number}]}`);
});

it("leaves what JavaScript holds exactly as the number it is", () => {
  expect(parseExact('{"a":1.5,"b":"12345678901234567890","c":null}')).toEqual({ a: 1.5, b: "12345678901234567890", c: null });
  expect(exactNumber(1.5)).toBeUndefined();
});
