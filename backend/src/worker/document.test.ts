import { Buffer } from "node:buffer";
import fc from "fast-check";
import { BSON } from "mongodb";
import { describe, expect, test } from "vitest";
import { type NormalEvent, normalize } from "../ingest/normalize.js";
import { eventContext, type StreamRecord } from "../stream/record.js";
import { toDocument } from "./document.js";

const record = {
  attempt: 0,
  receivedAtMs: Date.UTC(2026, 0, 1),
  id: Buffer.alloc(16),
  hash: Buffer.alloc(8),
  receipt: Buffer.alloc(8),
  eventId: "e",
  context: eventContext({ tenantId: "t", keyName: "k", defaultType: "d", correlationId: "c", traceparent: "" }),
} as unknown as StreamRecord;

/** Through BSON, as the driver writes and reads it. */
function stored(text: string): { payload: unknown; text?: string } {
  const item = JSON.parse(text) as Record<string, unknown>;
  const event = normalize(item, text, "d", Number.POSITIVE_INFINITY) as NormalEvent;
  return BSON.deserialize(BSON.serialize(toDocument(record, { value: item, json: text, event }, new Date(0)))) as {
    payload: unknown;
    text?: string;
  };
}

/** The text is kept to the letter, or what is read equals what was sent. */
function expectKept(payloadText: string): void {
  const text = `{"payload":${payloadText}}`;
  const found = stored(text);
  if (found.text !== undefined) expect(found.text).toBe(text);
  else expect(JSON.stringify(found.payload)).toBe(JSON.stringify(JSON.parse(payloadText)));
}

/** JSON text whose numbers, keys and strings are what goes wrong elsewhere. */
const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => JSON.stringify(n)),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(String),
  fc.constantFrom(
    "-0",
    "-0.0",
    "0.10",
    "1.0",
    "1e3",
    "1E-7",
    "0.0000001",
    "123456789012345",
    "12345678901234567890",
    "0.1234567890123456",
    "1e400",
    "2147483648",
    "-2147483649",
    "9007199254740993",
    "4294967296",
  ),
);
const key = fc.oneof(
  fc.string({ unit: "binary" }).map((text) => JSON.stringify(text)),
  fc.constantFrom(
    '"$ref"',
    '"$id"',
    '"$db"',
    '"$set"',
    '"a.b"',
    '"."',
    '"$"',
    '""',
    '"__proto__"',
    '"_bsontype"',
    '"\\u005fbsontype"',
    '"\\u0000"',
    '"a\\u0000b"',
    '"1"',
    '"01"',
    '"10"',
    '"toBSON"',
    '"toJSON"',
    '"constructor"',
    '"_id"',
    '"$code"',
    '"\\ud800"',
    '"length"',
  ),
);
const string = fc.oneof(
  fc.string({ unit: "binary" }).map((text) => JSON.stringify(text)),
  fc.constantFrom('"\\u0000"', '"\\ud800"', '"\\udc00\\ud800"', '"ObjectId"', '"Long"', '"a.b"'),
);
const { json } = fc.letrec<{ json: string }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    number,
    string,
    fc.constantFrom("null", "true", "false", "[]", "{}"),
    fc.array(tie("json"), { maxLength: 4 }).map((items) => `[${items.join(" , ")}]`),
    fc
      .array(fc.tuple(key, tie("json")), { maxLength: 5 })
      .map((fields) => `{${fields.map(([name, value]) => `${name} : ${value}`).join(",")}}`),
  ),
}));

describe("fidelity", () => {
  test("any JSON: its text is kept, or BSON gives it back as it was", () => {
    fc.assert(fc.property(json, expectKept), { numRuns: 5_000 });
  });

  test.each([
    '{"$ref":"a.b","$id":"c"}',
    '{"$id":"c","$ref":"x","z":1}',
    '{"$ref":"x","$id":{"a":1},"$db":"d"}',
    '{"a":{"_bsontype":"ObjectId","id":"x"}}',
    '{"b":1,"a":2,"1":3}',
    '{"__proto__":{"a":1}}',
    '{"$code":"x"}',
    '{"$numberLong":"1"}',
    '{"$date":"2020"}',
    '{"toBSON":1}',
    '{"length":5}',
    "[1.0]",
    "-0",
    "[ -0 ]",
    "1.50",
    "1e2",
    "9007199254740993",
    '{"a\\u0000b":1,"a\\u2400b":2}',
    '"\\ud800"',
  ])("%s", expectKept);

  test.each(['{"a":1,"a":2}', '{"x":[{"k" : 1, "k":1}]}', '{"a":{"b":1},"a":{"b":1}}'])("a repeated key keeps its text: %s", (payload) => {
    expect(stored(`{"payload":${payload}}`).text).toBe(`{"payload":${payload}}`);
  });

  test.each(['{"amount":12.5,"items":[{"sku":"a-1","quantity":2}],"note":"ends in 10.50"}', '{"n":123456789012345,"s":"e"}'])(
    "ordinary events keep no text: %s",
    (payload) => {
      expect(stored(`{"payload":${payload}}`).text).toBeUndefined();
    },
  );
});
