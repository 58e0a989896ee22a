import { expect, test } from "vitest";
import { compareDecimals, isMultipleOf, parseDecimal } from "../lib/decimal.js";
import { type CompiledSchema, compileSchema, schemaFlaws } from "./compile.js";

/** Schemas judge numbers as they are written, in schema and payload. */

const compiled = new Map<string, CompiledSchema>();
function compiledOf(schema: string): CompiledSchema {
  const known = compiled.get(schema) ?? compileSchema(schema);
  compiled.set(schema, known);
  return known;
}

/** @param payload JSON text */
function fits(schema: string, payload: string): boolean {
  const compiled = compiledOf(schema);
  const parsed = JSON.parse(payload);
  const exact = [compiled.all(parsed, payload), compiled.first(parsed, payload)].map((flaw) => flaw === undefined);
  expect(exact[0]).toBe(exact[1]);
  return exact[0] as boolean;
}

/** Without its text, as payloads are judged whose numbers doubles hold. */
const fitsParsed = (schema: string, payload: string): boolean => compiledOf(schema).all(JSON.parse(payload)) === undefined;

const NUMBERS = [
  ...["0", "-0", "1", "1.0", "-1", "7", "0.07", "0.1", "0.3", "8.2", "19.99", "1.005", "0.29", "4.35", "100", "1e2", "12345.67", "0.01"],
  ...["9007199254740992", "9007199254740993", "9007199254740993.5", "-9007199254740993", "1.0000000000000000001", "0.30000000000000004"],
  ...[
    "12345678901234567890",
    "12345678901234567891",
    "0.1234567890123456789",
    "1e400",
    "1.5e400",
    "-1e400",
    "1e-400",
    "10e399",
    "2.50",
    "1E+2",
  ],
];
const ORDINARY = NUMBERS.filter((text) => text.replaceAll(/\D/g, "").length <= 15 && !/e[+-]?\d{3}/i.test(text));

const order = (a: string, b: string): number => compareDecimals(parseDecimal(a), parseDecimal(b));
const isWhole = (text: string): boolean => isMultipleOf(parseDecimal(text), parseDecimal("1"));

/** What each keyword means, by the decimals. */
const KEYWORDS: Record<
  string,
  { schema: (n: string) => string; payload?: (n: string) => string; fits: (data: string, n: string) => boolean }
> = {
  minimum: { schema: (n) => `{"minimum":${n}}`, fits: (data, n) => order(data, n) >= 0 },
  maximum: { schema: (n) => `{"maximum":${n}}`, fits: (data, n) => order(data, n) <= 0 },
  exclusiveMinimum: { schema: (n) => `{"exclusiveMinimum":${n}}`, fits: (data, n) => order(data, n) > 0 },
  exclusiveMaximum: { schema: (n) => `{"exclusiveMaximum":${n}}`, fits: (data, n) => order(data, n) < 0 },
  const: { schema: (n) => `{"const":${n}}`, fits: (data, n) => order(data, n) === 0 },
  "const in an object": {
    schema: (n) => `{"const":{"b":[${n}],"a":"x"}}`,
    payload: (n) => `{"a":"x","b":[${n}]}`,
    fits: (data, n) => order(data, n) === 0,
  },
  enum: { schema: (n) => `{"enum":["1",null,${n}]}`, fits: (data, n) => order(data, n) === 0 },
  multipleOf: { schema: (n) => `{"multipleOf":${n}}`, fits: (data, n) => isMultipleOf(parseDecimal(data), parseDecimal(n)) },
  "in a property": {
    schema: (n) => `{"properties":{"a":{"items":{"$ref":"#/$defs/n"}}},"$defs":{"n":{"minimum":${n}}}}`,
    payload: (n) => `{"a":[${n}]}`,
    fits: (data, n) => order(data, n) >= 0,
  },
};

for (const [keyword, { schema, payload = (n: string) => n, fits: expected }] of Object.entries(KEYWORDS))
  test(`${keyword}: every pair of ${NUMBERS.length} numbers, ${NUMBERS.length ** 2} in all`, () => {
    for (const n of NUMBERS) {
      if (keyword === "multipleOf" && order(n, "0") <= 0) continue;
      for (const data of NUMBERS) expect(fits(schema(n), payload(data)), `${schema(n)} ${payload(data)}`).toBe(expected(data, n));
    }
  });

for (const [keyword, { schema, payload = (n: string) => n, fits: expected }] of Object.entries(KEYWORDS))
  test(`${keyword}, without the text: every ordinary number`, () => {
    for (const n of NUMBERS) {
      if (keyword === "multipleOf" && order(n, "0") <= 0) continue;
      for (const data of ORDINARY) expect(fitsParsed(schema(n), payload(data)), `${schema(n)} ${payload(data)}`).toBe(expected(data, n));
    }
  });

test("uniqueItems: every pair", () => {
  for (const a of NUMBERS)
    for (const b of NUMBERS) {
      const distinct = order(a, b) !== 0;
      expect(fits('{"uniqueItems":true}', `[${a},${b}]`), `${a} ${b}`).toBe(distinct);
      expect(fits('{"uniqueItems":true}', `[{"x":${a},"y":1},{"y":1,"x":${b}}]`)).toBe(distinct);
      if (ORDINARY.includes(a) && ORDINARY.includes(b)) expect(fitsParsed('{"uniqueItems":true}', `[${a},${b}]`)).toBe(distinct);
    }
});

test("type: integer is a number without a fraction, however it is written", () => {
  for (const data of NUMBERS) {
    expect(fits('{"type":"integer"}', data), data).toBe(isWhole(data));
    expect(fits('{"type":"number"}', data)).toBe(true);
    expect(fits('{"type":"string"}', data)).toBe(false);
  }
  expect(fits('{"properties":{"n":{"type":["integer","null"]}}}', '{"n":1.0000000000000000001}')).toBe(false);
});

const MONEY = '{"multipleOf":0.01}';
test("money of two digits, all of it up to 200.00", () => {
  for (let cents = 0; cents <= 20_000; cents++) {
    const text = (cents / 100).toFixed(2);
    if (!fitsParsed(MONEY, text)) throw new Error(`${text} is a multiple of 0.01`);
    if (fitsParsed(MONEY, `${text}1`)) throw new Error(`${text}1 is none`);
  }
});

test("failures show numbers as they were written, and read as ajv's do", () => {
  const message = (schema: string, payload: string) => compileSchema(schema).all(JSON.parse(payload), payload)?.message;
  expect(message('{"const":9007199254740993}', "9007199254740992")).toBe("the payload must be 9007199254740993");
  expect(message('{"maximum":5}', "1e400")).toBe(compileSchema('{"maximum":5}').all(6)?.message);
  expect(message('{"multipleOf":0.01}', "0.12345678901234567")).toBe(compileSchema('{"multipleOf":0.01}').all(0.001)?.message);
  expect(message('{"properties":{"a":{"enum":[1,2]}}}', '{"a":1e400}')).toBe("/a must be one of 1, 2");
});

test("what cannot be judged is refused at registration", () => {
  expect(schemaFlaws(`{"multipleOf":0.${"1".repeat(1_001)}}`)).toMatchObject([{ pointer: "/multipleOf" }]);
  expect(schemaFlaws('{"properties":{"a":{"maxLength":2.0000000000000000001}}}')).toMatchObject([{ pointer: "/properties/a/maxLength" }]);
  expect(schemaFlaws('{"maxItems":1e400}')).toMatchObject([{ pointer: "/maxItems" }]);
  expect(schemaFlaws('{"multipleOf":0}')).not.toEqual([]);
  expect(schemaFlaws('{"multipleOf":0.01,"const":9007199254740993,"maximum":12345678901234567890}')).toEqual([]);
});
