import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalNumber, compareDecimals, isMultipleOf, MOST_DIVISOR_DIGITS, parseDecimal } from "./decimal.js";

const compare = (a: string, b: string): number => Math.sign(compareDecimals(parseDecimal(a), parseDecimal(b)));
const multiple = (a: string, b: string): boolean => isMultipleOf(parseDecimal(a), parseDecimal(b));

/** A number, and what it is as a whole number of units of 10^-40. */
const written = fc
  .record({
    minus: fc.boolean(),
    whole: fc.bigInt(0n, 10n ** 25n),
    fraction: fc.stringMatching(/^\d{0,12}$/),
    power: fc.integer({ min: -20, max: 20 }),
  })
  .map(({ minus, whole, fraction, power }) => ({
    text: `${minus ? "-" : ""}${whole}${fraction === "" ? "" : `.${fraction}`}${power === 0 ? "" : `e${power}`}`,
    units: (minus ? -1n : 1n) * BigInt(`${whole}${fraction}`) * 10n ** BigInt(40 + power - fraction.length),
  }));

describe("decimals", () => {
  test.each([
    ["1", "1.0", "10e-1", "1E0", "1e+0", "0.1e1", "100000e-5"],
    ["0", "-0", "0.000", "0e999999999", "-0.0E-5"],
    ["1e400", "10e399", "0.001e403", `1${"0".repeat(400)}`],
    ["0.1234567890123456789", "1234567890123456789e-19"],
    ["1e1234567890123", "10e1234567890122"],
  ])("%s is one number, however it is written", (...spellings) => {
    for (const a of spellings)
      for (const b of spellings) {
        expect(compare(a, b)).toBe(0);
        expect(canonicalNumber(a)).toBe(canonicalNumber(b));
      }
  });

  test.each([
    ["110988663231921363", "110988663231921364"],
    ["9007199254740992", "9007199254740993"],
    ["-2", "-1.9999999999999999999999999"],
    ["-1", "0"],
    ["0", "1e-999999999"],
    ["1e308", "1e309"],
    ["9e999999999", "1e1000000000"],
    ["-1e1000000000", "-9e999999999"],
    ["0.3", "0.30000000000000004"],
  ])("%s is less than %s", (a, b) => {
    expect(compare(a, b)).toBe(-1);
    expect(compare(b, a)).toBe(1);
    expect(canonicalNumber(a)).not.toBe(canonicalNumber(b));
  });

  test("order and spelling are those of the exact numbers", () => {
    fc.assert(
      fc.property(written, written, (a, b) => {
        expect(compare(a.text, b.text)).toBe(a.units < b.units ? -1 : a.units > b.units ? 1 : 0);
        expect(canonicalNumber(a.text) === canonicalNumber(b.text)).toBe(a.units === b.units);
        expect(compare(a.text, canonicalNumber(a.text))).toBe(0);
      }),
    );
  });

  test("where a double holds the number as written, the spelling is JavaScript's", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
        expect(canonicalNumber(JSON.stringify(number))).toBe(JSON.stringify(number));
      }),
    );
  });

  test("an exponent of more than 15 digits is kept as written: never equal to another number", () => {
    expect(canonicalNumber("1e9999999999999999")).not.toBe(canonicalNumber("1e9999999999999998"));
    expect(canonicalNumber("1.50E+009999999999999999")).toBe(canonicalNumber("1.5e9999999999999999"));
    expect(canonicalNumber("1e-9999999999999999")).not.toBe(canonicalNumber("1e9999999999999999"));
    expect(compare("1e9999999999999999", "1e999999999")).toBe(1);
  });

  test("what is no number is refused", () => {
    for (const text of ["", "-", "1.", ".5", "1e", "0x1", "NaN", "1 "]) expect(() => parseDecimal(text)).toThrow();
  });
});

describe("multiples", () => {
  test.each([
    ["19.99", "0.01", true],
    ["0.07", "0.01", true],
    ["8.2", "0.1", true],
    ["8.25", "0.1", false],
    ["30", "20", false],
    ["1e400", "3", false],
    ["1e400", "8", true],
    ["9007199254740993", "2", false],
    ["0", "0.01", true],
    ["5", "0", false],
    ["-7.5", "2.5", true],
    ["1e999999999", "7", false],
    ["1e999999999", "1e-999999999", true],
    ["1e-999999999", "1", false],
    ["12", "1e999999999", false],
  ])("%s of %s: %s", (value, divisor, expected) => expect(multiple(value, divisor)).toBe(expected));

  test("as the exact numbers say", () => {
    fc.assert(
      fc.property(written, written, fc.integer({ min: -1000, max: 1000 }), (a, b, times) => {
        fc.pre(b.units !== 0n);
        expect(multiple(a.text, b.text)).toBe(a.units % b.units === 0n);
        const product = b.units * BigInt(times);
        expect(multiple(`${product}e-40`, b.text)).toBe(true);
      }),
    );
  });

  test("a divisor of too many digits is refused", () => {
    expect(() => multiple("1", `1${"0".repeat(MOST_DIVISOR_DIGITS)}1`)).toThrow(RangeError);
  });
});

test("a hostile number costs no more than its text", () => {
  const calm = performance.now();
  for (let i = 0; i < 20; i++) JSON.parse(`[${"1,".repeat(100_000)}1]`);
  const yardstickMs = performance.now() - calm;
  const begunAt = performance.now();
  const digits = "7".repeat(250_000);
  for (const text of [
    digits,
    `0.${"0".repeat(250_000)}1`,
    `1e${digits}`,
    `${"10".repeat(125_000)}`,
    `1${"0".repeat(250_000)}1`,
    `-0.${digits}e-${digits}`,
  ]) {
    expect(canonicalNumber(text).length).toBeLessThan(2 * text.length + 30);
    multiple(text, digits.slice(0, MOST_DIVISOR_DIGITS));
    compare(text, digits);
  }
  expect(performance.now() - begunAt).toBeLessThan(yardstickMs * 50);
});
