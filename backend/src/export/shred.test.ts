import fc from "fast-check";
import { expect, test } from "vitest";
import { parseExact } from "../lib/exact-json.js";
import { type Column, payloadColumns } from "./columns.js";
import { hasRepeatedKey, shredPayload } from "./shred.js";

const columns = (schema: object): readonly Column[] => payloadColumns(JSON.stringify(schema));
const names = (schema: object): string[] => columns(schema).map(({ name, kind }) => `${name}:${kind}`);

test("what a schema says of a property decides its column, and what it leaves open has none", () => {
  expect(
    names({
      properties: {
        text: { type: "string" },
        maybe: { type: ["null", "integer"] },
        both: { type: ["string", "integer"] },
        any: {},
        never: false,
        object: { properties: { a: { type: "boolean" } } },
        bag: { type: "object", additionalProperties: { type: "string" } },
        list: { type: "array", items: { type: "number" } },
        tuple: { type: "array", prefixItems: [{ type: "number" }], items: { type: "string" } },
        ref: { $ref: "#/$defs/name" },
        away: { $ref: "https://example.org/schema" },
      },
      $defs: { name: { type: "string" } },
    }),
  ).toEqual(["text:string", "maybe:int64", "object:struct", "list:list", "ref:string"]);
});

test("names that readers cannot tell apart, or that rows cannot have, have no column", () => {
  const string = { type: "string" };
  expect(names({ properties: { id: string, ID: string, "": string, ["__proto__"]: string } })).toEqual(["id:string"]);
  expect(names(JSON.parse('{"properties":{"__proto__":{"type":"string"},"a b.c":{"type":"string"}}}'))).toEqual(["a b.c:string"]);
});

test("a schema that refers to itself, and one of 5,000 properties, end", () => {
  const tree = columns({
    $ref: "#/$defs/node",
    $defs: { node: { type: "object", properties: { name: { type: "string" }, child: { $ref: "#/$defs/node" } } } },
  });
  expect(JSON.stringify(tree).length).toBeLessThan(2_000);
  const wide = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`p${i}`, { type: "string" }]));
  expect(columns({ properties: wide })).toHaveLength(500);
});

const FIELDS = columns({
  properties: {
    n: { type: "number" },
    i: { type: "integer" },
    s: { type: "string" },
    o: { type: "object", properties: { n: { type: "number" } } },
    l: { type: "array", items: { type: "object", properties: { i: { type: "integer" } } } },
  },
});
/** JSON text → what stands in columns and what is left over, as texts. */
function shredded(json: string): [typed: string, rest: string | undefined] {
  const { typed, rest } = shredPayload(parseExact(json), FIELDS);
  return [JSON.stringify(typed, (_key, value) => (typeof value === "bigint" ? `${value}n` : value)), JSON.stringify(rest)];
}

test("a number is typed only if its column gives the same decimal back", () => {
  expect(shredded('{"n":1.50,"i":1e3}')).toEqual(['{"n":1.5,"i":"1000n"}', undefined]);
  expect(shredded('{"n":0.1234567890123456789,"i":9223372036854775807}')).toEqual([
    '{"i":"9223372036854775807n"}',
    '{"n":0.1234567890123456789}',
  ]);
  expect(shredded('{"n":1e400,"i":9223372036854775808}')).toEqual(["{}", '{"n":1e400,"i":9223372036854775808}']);
  expect(shredded('{"i":1.5}')).toEqual(["{}", '{"i":1.5}']);
});

test("null, other types and unknown members stay in the rest, at their place", () => {
  expect(shredded('{"n":null,"s":7,"o":{"n":1,"x":[2]},"y":3}')).toEqual(['{"o":{"n":1}}', '{"n":null,"s":7,"o":{"x":[2]},"y":3}']);
  expect(shredded('{"l":[{"i":1},null,{"i":2,"x":3}]}')).toEqual([
    '{"l":[{"i":"1n"},null,{"i":"2n"}]}',
    '{"l":[{"i":1},null,{"i":2,"x":3}]}',
  ]);
  expect(shredded('{"l":[{"i":1},5]}')).toEqual(["{}", '{"l":[{"i":1},5]}']);
  expect(shredded('{"s":"\\ud800"}')).toEqual(["{}", '{"s":"\\ud800"}']);
});

test("any JSON: what is typed and what is left over are the whole", () => {
  const merged = (typed: unknown, rest: unknown): unknown => {
    if (rest === undefined) return typed;
    const isObject = (value: unknown): value is Record<string, unknown> =>
      typeof value === "object" && value !== null && !Array.isArray(value);
    if (!isObject(typed) || !isObject(rest)) return rest;
    const keys = new Set([...Object.keys(typed), ...Object.keys(rest)]);
    return Object.fromEntries([...keys].map((key) => [key, merged(typed[key], rest[key])]).filter(([, value]) => value !== undefined));
  };
  const leaf = fc.oneof(fc.integer(), fc.string(), fc.boolean(), fc.constant(null), fc.double({ noNaN: true, noDefaultInfinity: true }));
  const value = fc.letrec((tie) => ({
    value: fc.oneof(
      leaf,
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom("n", "i", "s", "o", "l", "x"), tie("value"), { maxKeys: 4 }),
    ),
  })).value;
  fc.assert(
    fc.property(value, (sent) => {
      const { typed, rest } = shredPayload(sent, FIELDS);
      const plain = JSON.parse(JSON.stringify(typed ?? null, (_key, one) => (typeof one === "bigint" ? Number(one) : one)));
      const whole = merged(typed === undefined ? undefined : plain, rest);
      expect(JSON.parse(JSON.stringify(whole))).toEqual(JSON.parse(JSON.stringify(sent)));
    }),
  );
});

test("a repeated key is found at any depth", () => {
  expect(hasRepeatedKey('{"a":[{"b":1},{"c":{"d":1,"d":2}}]}')).toBe(true);
  expect(hasRepeatedKey('{"a":{"b":1},"b":"\\"b\\":"}')).toBe(false);
  expect(hasRepeatedKey('{"a":1,"\\u0061":2}')).toBe(true);
});
