import { expect, test } from "vitest";
import { createShape } from "./shape.js";

const typed = (schema: object, payload: unknown) => createShape(JSON.stringify(schema)).typed(payload);
const number = { type: "number" };

test.each<[string, object, unknown, string]>([
  ["numbers where it says number", { properties: { a: number } }, { a: "12.50", b: "1" }, '{"a":12.50,"b":"1"}'],
  [
    "thirty digits stay",
    { properties: { a: { type: "integer" } } },
    { a: " 123456789012345678901234567890 " },
    '{"a":123456789012345678901234567890}',
  ],
  ["booleans", { properties: { a: { type: "boolean" }, b: { type: "boolean" } } }, { a: "true", b: "0" }, '{"a":true,"b":false}'],
  ["what is no number stays a text", { properties: { a: number, b: number } }, { a: "twelve", b: "007" }, '{"a":"twelve","b":"007"}'],
  ["where a text fits, too, it stays one", { properties: { a: { type: ["number", "string"] } } }, { a: "1" }, '{"a":"1"}'],
  ["null beside number", { properties: { a: { type: ["number", "null"] } } }, { a: "1", b: null }, '{"a":1,"b":null}'],
  ["nested", { properties: { a: { properties: { b: number } } } }, { a: { b: "1" } }, '{"a":{"b":1}}'],
  [
    "attributes and text",
    { properties: { a: { properties: { "@n": number, "#text": number } } } },
    { a: { "@n": "1", "#text": "2" } },
    '{"a":{"@n":1,"#text":2}}',
  ],
  ["items", { properties: { a: { type: "array", items: number } } }, { a: ["1", "x"] }, '{"a":[1,"x"]}'],
  ["an array of one", { properties: { a: { type: "array", items: number } } }, { a: "1" }, '{"a":[1]}'],
  [
    "an array of one object",
    { properties: { a: { type: "array", items: { properties: { n: number } } } } },
    { a: { n: "1" } },
    '{"a":[{"n":1}]}',
  ],
  ["prefix items", { properties: { a: { type: "array", prefixItems: [{ type: "string" }, number] } } }, { a: ["1", "2"] }, '{"a":["1",2]}'],
  [
    "$ref, also round",
    { $defs: { node: { properties: { n: number, next: { $ref: "#/$defs/node" } } } }, $ref: "#/$defs/node" },
    { n: "1", next: { n: "2", next: { n: "3" } } },
    '{"n":1,"next":{"n":2,"next":{"n":3}}}',
  ],
  ["$anchor", { $defs: { x: { $anchor: "money", type: "number" } }, properties: { a: { $ref: "#money" } } }, { a: "1" }, '{"a":1}'],
  ["a $ref to itself", { $ref: "#", properties: { a: number } }, { a: "1" }, '{"a":1}'],
  ["allOf", { allOf: [{ properties: { a: { type: ["number", "string"] } } }, { properties: { a: number } }] }, { a: "1" }, '{"a":1}'],
  [
    "alternatives that speak of it",
    { oneOf: [{ properties: { a: number } }, { properties: { b: { type: "string" } } }] },
    { a: "1", b: "2" },
    '{"a":1,"b":"2"}',
  ],
  [
    "alternatives that differ",
    { anyOf: [{ properties: { a: number } }, { properties: { a: { type: "string" } } }] },
    { a: "1" },
    '{"a":"1"}',
  ],
  ["then and else", JSON.parse('{"if":{"required":["b"]},"then":{"properties":{"a":{"type":"number"}}}}'), { a: "1" }, '{"a":1}'],
  [
    "enum and const",
    { properties: { a: { enum: [1, 2] }, b: { const: true }, c: { enum: ["1", 2] } } },
    { a: "1", b: "true", c: "1" },
    '{"a":1,"b":true,"c":"1"}',
  ],
  ["additional properties", { properties: { a: { type: "string" } }, additionalProperties: number }, { a: "1", b: "2" }, '{"a":"1","b":2}'],
  [
    "names of prototypes",
    { properties: { constructor: number } },
    JSON.parse('{"__proto__":"1","constructor":"2","toString":"3"}'),
    '{"__proto__":"1","constructor":2,"toString":"3"}',
  ],
  ["a payload that is a number itself", number, "12", "12"],
  ["nothing is said", {}, { a: ["1", { b: "2" }] }, '{"a":["1",{"b":"2"}]}'],
])("%s", (_, schema, payload, json) => {
  expect(typed(schema, payload)).toBe(json);
});

test("what a schema can make it do has an end", () => {
  // Each of 300 alternatives leads to all of them again.
  const schema = {
    anyOf: Array.from({ length: 300 }, (_, i) => ({ properties: { [`p${i % 3}`]: { $ref: "#" } }, additionalProperties: { $ref: "#" } })),
  };
  let payload: unknown = "1";
  for (let i = 0; i < 60; i++)
    payload = Object.fromEntries([
      [`p${i % 3}`, payload],
      [`q${i}`, Array.from({ length: 50 }, () => ({ a: "1" }))],
    ]);
  const begun = performance.now();
  expect(JSON.parse(typed(schema, payload))).toEqual(payload);
  expect(performance.now() - begun).toBeLessThan(5_000);
});
