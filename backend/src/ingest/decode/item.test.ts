import { Buffer } from "node:buffer";
import fc from "fast-check";
import { expect, test } from "vitest";
import { atThisPace } from "../../../test/support/yardstick.js";
import { readItem } from "./item.js";

const parse = (text: string | Buffer, maxBytes = 1_000, maxDepth = 64) =>
  readItem("json", Buffer.from(text as string), { maxEventBytes: maxBytes, maxDepth });
const nested = (depth: number, open: string, close: string): string => `{"a":${open.repeat(depth - 1)}1${close.repeat(depth - 1)}}`;

test("an object is what JSON.parse makes of it", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 })), (object) => {
      const text = JSON.stringify(object);
      expect(parse(text, 1_000_000)).toEqual({ kind: "object", value: JSON.parse(text), json: text });
    }),
  );
});

test.each(["", "{", "{}x", '{"a":1,}', "{'a':1}", "\u0000{}", "[1}", "{\u00a0}"])("%j is rejected as invalid-json", (text) => {
  expect(parse(text)).toMatchObject({ kind: "rejected", code: "invalid-json" });
});

test.each(["1", "null", "[]", '"a"', "true"])("%s is JSON, but no event", (text) => {
  expect(parse(text)).toMatchObject({ kind: "rejected", code: "invalid-event" });
});

test.each([[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80]])(
  "bytes that are no UTF-8 are rejected, not replaced",
  (...bytes) => {
    const text = Buffer.concat([Buffer.from('{"a":"'), Buffer.from(bytes), Buffer.from('"}')]);
    expect(parse(text)).toMatchObject({ kind: "rejected", code: "invalid-json" });
  },
);

test("64 levels pass, 65 do not; brackets in strings are no levels", () => {
  expect(parse(nested(64, "[", "]")).kind).toBe("object");
  expect(parse(nested(65, "[", "]"))).toMatchObject({ kind: "rejected", code: "invalid-event" });
  expect(parse(nested(64, '{"a":', "}"), 10_000).kind).toBe("object");
  expect(parse(nested(65, '{"a":', "}"), 10_000)).toMatchObject({ kind: "rejected" });
  expect(parse(`{"a":"${"[".repeat(500)}"}`).kind).toBe("object");
  expect(parse(`{"a":[${"[],".repeat(200)}[]]}`).kind).toBe("object");
});

test("100,000 levels neither overflow the stack nor take long", () => {
  const begun = performance.now();
  expect(parse(nested(100_000, "[", "]"), 1_000_000)).toMatchObject({ kind: "rejected" });
  expect(performance.now() - begun).toBeLessThan(atThisPace(200));
});

test("the limit on bytes counts bytes, and comes first", () => {
  expect(parse('{"a":"é"}', 10).kind).toBe("object");
  expect(parse('{"a":"é"}', 9)).toMatchObject({ kind: "rejected", code: "event-too-large" });
  expect(parse("x".repeat(11), 10)).toMatchObject({ kind: "rejected", code: "event-too-large" });
});
