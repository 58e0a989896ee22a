import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Slice } from "./decoder.js";
import { BrokenArray, splitArray, splitLines } from "./slices.js";

const space = fc.string({ unit: fc.constantFrom(" ", "\t", "\r", "\n"), maxLength: 4 });
const blank = fc.string({ unit: fc.constantFrom(" ", "\t", "\r"), maxLength: 4 });
const mark = fc.constantFrom("", "\uFEFF");
const json = fc.json({ noUnicodeString: false });
/** What is no JSON, yet neither closes the array nor opens a string or bracket that it does not close. */
const broken = fc
  .constantFrom("", "{", "nul", "{]", '{"a":}', '{"a":1 "b":2}', "1 2", "}", '{"a":1}}{"b":2}', "\u0000", "'a'", "{a:1}", "01", "NaN")
  .filter((text) => !/[{[](?![^{[]*[}\]])/.test(text) && !text.includes("]"));

const texts = (body: Buffer, slices: Slice[]): string[] => slices.map(({ start, end }) => body.toString("utf8", start, end));

describe("an array", () => {
  test("is split into the very texts that were put together", () => {
    const padded = fc.array(fc.tuple(space, fc.oneof(json, broken), space));
    fc.assert(
      fc.property(mark, space, padded, space, (bom, before, items, after) => {
        const inner = items.map(([left, text, right]) => `${left}${text}${right}`).join(",");
        // One empty item alone is an empty array, and JSON.parse says so too.
        fc.pre(items.length !== 1 || items[0]?.[1] !== "");
        const body = Buffer.from(`${bom}${before}[${inner}]${after}`);
        expect(texts(body, splitArray(body, 1000))).toEqual(items.map(([, text]) => text));
      }),
    );
  });

  test("has the items that JSON.parse finds, however it is written", () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.nat(4), (items, indent) => {
        const body = Buffer.from(JSON.stringify(items, null, indent));
        expect(texts(body, splitArray(body, 1000)).map((text) => JSON.parse(text))).toEqual(JSON.parse(body.toString()));
      }),
    );
  });

  test.each([["["], ["[1"], ["[1,"], ['["a]'], ["[{]"], ["[1] 2"], ["[1]]"], ['["\\'], ["[[1]"]])("%s is refused as a whole", (text) => {
    expect(() => splitArray(Buffer.from(text), 10)).toThrow(BrokenArray);
  });

  test("whatever the bytes, it ends with slices or a refusal, and slices lie in order within the body", () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.string({ unit: fc.constantFrom(...'{}[],:"\\ 1a\n'), maxLength: 60 }).map((text) => Buffer.from(text)),
    );
    fc.assert(
      fc.property(bytes, (tail) => {
        const body = Buffer.concat([Buffer.from("["), tail]);
        let last = 1;
        try {
          for (const { start, end } of splitArray(body, 50)) {
            expect(start).toBeGreaterThanOrEqual(last);
            expect(end).toBeGreaterThanOrEqual(start);
            expect(end).toBeLessThanOrEqual(body.length);
            last = end;
          }
        } catch (error) {
          expect(error).toBeInstanceOf(BrokenArray);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test("what is accepted of it, JSON.parse would find too, when the whole is JSON; a brace too many spoils its own item", () => {
    const body = Buffer.from('[{"a":1}}{"b":2}, {"c":3}]');
    expect(texts(body, splitArray(body, 10))).toEqual(['{"a":1}}{"b":2}', '{"c":3}']);
  });

  test("stops one behind the limit", () => {
    const body = Buffer.from(`[${"1,".repeat(99)}1]`);
    expect(splitArray(body, 10)).toHaveLength(11);
  });
});

describe("NDJSON", () => {
  test("is split into its lines, blank ones left out, with or without a last newline", () => {
    const line = fc.tuple(blank, fc.oneof(json, fc.constant(""), fc.constant("{broken")), blank);
    fc.assert(
      fc.property(mark, fc.array(line), fc.constantFrom("\n", "\r\n"), fc.boolean(), (bom, lines, newline, closed) => {
        const body = Buffer.from(bom + lines.map((parts) => parts.join("")).join(newline) + (closed ? newline : ""));
        expect(texts(body, splitLines(body, 1000))).toEqual(lines.map(([, text]) => text).filter((text) => text !== ""));
      }),
    );
  });

  test("a byte order mark counts at the beginning only", () => {
    const body = Buffer.from('\uFEFF{"a":1}\n\uFEFF{"b":2}\n');
    expect(texts(body, splitLines(body, 10))).toEqual(['{"a":1}', '\uFEFF{"b":2}']);
  });
});
