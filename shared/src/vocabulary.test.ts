import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { z } from "zod";
import {
  email,
  exactText,
  isName,
  jsonFault,
  jsonObject,
  proseText,
  searchText,
  timeInBody,
  timeInQuery,
  titleText,
  whole,
  wholeInQuery,
} from "./vocabulary.js";

const faultOf = (schema: z.ZodType, value: unknown) => schema.safeParse(value).error?.issues[0]?.message;

describe("texts", () => {
  test("isName is: 1 to 200 code points, none of them a control character or half a pair", () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.oneof(
            fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
            fc.constantFrom("\ud800", "\udc00", "\u0000", "\u0085"),
          ),
          maxLength: 210,
        }),
        (text) => {
          const points = [...text];
          const sound = points.every((point) => !/\p{Cc}|\p{Cs}/u.test(point));
          expect(isName(text)).toBe(points.length >= 1 && points.length <= 200 && sound);
        },
      ),
    );
  });

  test("what is wrong is said, with its place", () => {
    expect(faultOf(exactText(), "ab\u0000")).toBe("must not contain control characters; it has U+0000 at character 3");
    expect(faultOf(exactText(), "😀\u0007")).toBe("must not contain control characters; it has U+0007 at character 2");
    expect(faultOf(exactText(), "\ud800")).toBe("must be well-formed Unicode; it has half a surrogate pair");
    expect(faultOf(exactText(), "")).toBe("must have 1 to 200 characters; it is empty");
    expect(faultOf(exactText(), "x".repeat(201))).toBe("must have 1 to 200 characters; it has 201");
    expect(faultOf(exactText(), "x".repeat(1_000_000))).toBe("must have at most 200 characters");
    expect(exactText().parse("😀".repeat(200))).toHaveLength(400);
  });

  test("a title is trimmed, prose may have lines, a search may have what a text may have, but none has U+0000", () => {
    expect(titleText().parse("  a name ")).toBe("a name");
    expect(faultOf(titleText(), "  ")).toBe("must have 1 to 100 characters; it is empty");
    expect(faultOf(titleText(), "two\nlines")).toContain("U+000A at character 4");
    expect(proseText(100).parse("two\n\tlines\r\n")).toBe("two\n\tlines");
    expect(faultOf(proseText(100), "a\u001b[31m")).toContain("U+001B");
    expect(searchText(100).parse("a\u0007b")).toBe("a\u0007b");
    for (const kind of [titleText(), proseText(9), searchText(9), exactText(), email])
      expect(faultOf(kind, "a\u0000@b")).toContain("U+0000");
  });

  test("an e-mail is one in lower case", () => {
    expect(email.parse(" Ada@Example.org ")).toBe("ada@example.org");
    expect(faultOf(email, "ada")).toBe("must be an e-mail address");
    expect(faultOf(email, "a@\ud800")).toContain("well-formed");
  });
});

describe("times", () => {
  test("come out the same however they are written", () => {
    for (const text of ["2026-06-30T23:59:60Z", "2026-06-30t23:59:60z", "2026-07-01 02:00:00+02:00"]) {
      expect(timeInBody.parse(text)).toBe("2026-07-01T00:00:00.000Z");
      expect(timeInQuery.parse(text)).toEqual(new Date("2026-07-01T00:00:00Z"));
    }
    expect(timeInQuery.parse("2026-07-01T02:00:00 02:00")).toEqual(new Date("2026-07-01T00:00:00Z"));
    expect(faultOf(timeInBody, "2026-02-30T00:00:00Z")).toContain("2026-02 has 28 days");
    expect(faultOf(timeInQuery, ["2026-07-01T00:00:00Z"])).toBeTruthy();
  });
});

describe("counts", () => {
  test("are whole, and what a store can hold", () => {
    for (const value of [-1, 1.5, 2 ** 31, 2 ** 53, 2 ** 63, Number.POSITIVE_INFINITY, Number.NaN, "1", null, [], true])
      expect(faultOf(whole(), value)).toBe("must be a whole number from 0 to 2147483647");
    expect(whole().parse(2 ** 31 - 1)).toBe(2 ** 31 - 1);
    for (const text of ["", " ", " 1", "1 ", "1e2", "0x10", "1.0", "+1", "-1", "true", "NaN", "Infinity", "2147483648", "9".repeat(400)])
      expect(faultOf(wholeInQuery(), text), text).toBe("must be a whole number from 0 to 2147483647");
    expect(wholeInQuery(1, 500).parse("0500")).toBe(500);
  });
});

describe("JSON of others", () => {
  test("has what a store can hold", () => {
    expect(jsonFault({ a: ["b", 1, null, true, { c: "\n" }] })).toBeUndefined();
    expect(jsonFault({ a: ["\u0000"] })).toBe("has a text with U+0000");
    expect(jsonFault({ "\ud800": 1 })).toBe("has a text with half a surrogate pair");
    expect(jsonFault(JSON.parse("[1e400]"))).toBe("has a number that is too large");
    const deep = JSON.parse(`${"[".repeat(65)}${"]".repeat(65)}`) as unknown;
    expect(jsonFault(deep)).toBe("is nested deeper than 64 levels");
    expect(faultOf(jsonObject, { $ref: "\u0000" })).toContain("U+0000");
  });
});
