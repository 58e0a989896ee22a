import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { faultText, jsonFaultOf, placesIn } from "./json-fault.js";

const said = (sent: string | Buffer) => faultText(jsonFaultOf(Buffer.from(sent as string), "body"));

/** Kind, text, line, column, byte, and what the answer must name. */
const BROKEN: [string, string | Buffer, number, number, number, RegExp][] = [
  ["single quotes", "{'a':1}", 1, 2, 1, /found ' \(a single quote\).*double quotes/],
  ["single quotes around a value", "{\"a\":'b'}", 1, 6, 5, /a single quote/],
  ["typographic quotes", "{“a”:1}", 1, 2, 1, /typographic quote.*double quotes/],
  ["backticks", "{`a`:1}", 1, 2, 1, /backtick/],
  ["a comma too many in an object", '{"a":1,}', 1, 8, 7, /found } behind a comma.*take it out/],
  ["a comma too many in an array", '{"a":[1,2,]}', 1, 11, 10, /found \] behind a comma/],
  ["two commas", '{"a":1,,"b":2}', 1, 8, 7, /found a comma where a key belongs/],
  ["two commas in an array", "[1,,2]", 1, 4, 3, /found a comma where a value belongs/],
  ["NaN", '{"a":NaN}', 1, 6, 5, /found NaN.*null/],
  ["Infinity", '{"a":Infinity}', 1, 6, 5, /found Infinity/],
  ["-Infinity", '{"a":-Infinity}', 1, 6, 5, /found -Infinity/],
  ["undefined", '{"a":undefined}', 1, 6, 5, /found undefined.*leave the member out/],
  ["Python's None", '{"a":None}', 1, 6, 5, /found None.*write null/],
  ["Python's True", '{"a":True}', 1, 6, 5, /found True.*write true/],
  ["a comment to the end of the line", '{\n  // the id\n  "a":1}', 2, 3, 4, /found a comment/],
  ["a comment within", '{"a":/* one */1}', 1, 6, 5, /found a comment/],
  ["a comment with a hash", '# one\n{"a":1}', 1, 1, 0, /found a comment/],
  ["a line break in a text", '{"a":"one\ntwo"}', 1, 10, 9, /end of the line within a text.*\\n/],
  ["a tab in a text", '{"a":"one\ttwo"}', 1, 10, 9, /found a tab within a text.*\\t/],
  ["U+0000 in a text", '{"a":"\u0000"}', 1, 7, 6, /U\+0000 within a text.*\\u0000/],
  ["an escape that is none", '{"a":"C:\\temp\\x"}', 1, 14, 13, /found \\x.*\\\\/],
  ["half an escape", '{"a":"\\u12"}', 1, 7, 6, /found \\u12.*four hexadecimal digits/],
  ["cut off in an object", '{"a":1', 1, 7, 6, /the { is still open.*cut off/],
  ["cut off in an array", '{"a":[1,', 1, 9, 8, /the \[ is still open.*character 6/],
  ["cut off in a text", '{"a":"one', 1, 6, 5, /opens a text which does not end/],
  ["cut off behind a key", '{"a"', 1, 5, 4, /ends where : and a value belong/],
  ["a missing quote", '{"a:1}', 1, 2, 1, /opens a text which does not end/],
  ["a key without quotes", "{\n  a: 1\n}", 2, 3, 4, /found a where a key belongs.*"a"/],
  ["a text without quotes", '{"a": hello}', 1, 7, 6, /found hello.*double quotes/],
  ["a missing comma", '{"a":1 "b":2}', 1, 8, 7, /a comma is missing before it/],
  ["a missing colon", '{"a" 1}', 1, 6, 5, /found 1 where : belongs/],
  ["= for a colon", '{"a"=1}', 1, 5, 4, /found = where : belongs/],
  ["brackets that do not match", '{"a":[1}', 1, 8, 7, /found } where , or \] belongs/],
  ["a bracket too many", '{"a":1}}', 1, 8, 7, /one bracket too many/],
  ["two values in lines", '{"a":1}\n{"b":2}', 2, 1, 8, /looks like NDJSON; send Content-Type: application\/x-ndjson/],
  ["two values with a comma", '{"a":1},{"b":2}', 1, 8, 7, /put several values into an array/],
  ["a number with zeros", '{"a":007}', 1, 6, 5, /found the number 007/],
  ["a number with a plus sign", '{"a":+1}', 1, 6, 5, /plus sign/],
  ["a number without a digit before its point", '{"a":.5}', 1, 6, 5, /write 0\./],
  ["a number without a digit behind its point", '{"a":1.}', 1, 6, 5, /digits belong behind its point/],
  ["a number without digits behind its e", '{"a":1e}', 1, 6, 5, /digits belong behind its e/],
  ["a hexadecimal number", '{"a":0x1F}', 1, 6, 5, /found 0x1F.*decimal/],
  ["a number with groups", '{"a":1_000}', 1, 6, 5, /found 1_000/],
  ["a date without quotes", '{"a":2026-01-31}', 1, 10, 9, /found - where , or } belongs/],
  ["a no-break space", '{\u00a0"a":1}', 1, 2, 1, /U\+00A0 \(a no-break space\)/],
  ["two byte order marks", '\ufeff{"a":1}', 1, 1, 0, /U\+FEFF \(a byte order mark\)/],
  ["a byte order mark within", '{"a":1,\ufeff"b":2}', 1, 8, 7, /byte order mark/],
  ["behind an emoji", '{"🎈":1,}', 1, 8, 10, /behind a comma/],
  ["XML", "<event/>", 1, 1, 0, /XML/],
  ["a form", "eventId=1&type=t", 1, 1, 0, /form/],
  ["plain text", "hello", 1, 1, 0, /found hello/],
  ["nothing", "", 1, 1, 0, /empty/],
  ["gzip", Buffer.from([0x1f, 0x8b, 8, 0]), 1, 1, 0, /1f 8b, which is gzip; send Content-Encoding: gzip/],
  ["zstd", Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), 1, 1, 0, /zstd/],
  ["UTF-16 with its mark", Buffer.from('\ufeff{"a":1}', "utf16le"), 1, 1, 0, /UTF-16; send UTF-8/],
  ["UTF-16 without its mark", Buffer.from('{"a":1}', "utf16le"), 1, 1, 0, /UTF-16/],
  ["ISO-8859-1", Buffer.from('{"a":"M\xfcnchen"}', "latin1"), 1, 8, 7, /byte fc.*ISO-8859-1/],
  ["a lone surrogate as bytes", Buffer.from('{"a":"\ufffd\xed\xa0\x80"}', "latin1"), 1, 7, 6, /not UTF-8/],
];

test.each(BROKEN)("%s", (_kind, sent, line, column, byte, hint) => {
  const bytes = Buffer.from(sent as string);
  expect(() => {
    if (!bytes.equals(Buffer.from(bytes.toString()))) throw new Error("not UTF-8");
    JSON.parse(bytes.toString());
  }).toThrow();
  const text = said(bytes);
  expect(text).toContain(`line ${line}, column ${column} (byte ${byte}): `);
  expect(text).toMatch(hint);
});

describe("whatever the text", () => {
  const json = fc.json({ noUnicodeString: false });

  test("a place is found exactly when JSON.parse finds a fault, within the text", () => {
    const changed = fc
      .tuple(json, fc.nat(), fc.constantFrom(..."{}[],:\"'\\ \n0-+.eEtx\u0000\u00a0".split(""), ""))
      .map(([text, place, by]) => {
        const at = place % (text.length + 1);
        return text.slice(0, at) + by + text.slice(at + (by === "" ? 1 : 0));
      });
    fc.assert(
      fc.property(changed, (text) => {
        let broken = false;
        try {
          JSON.parse(text);
        } catch {
          broken = true;
        }
        if (!broken) return;
        const fault = jsonFaultOf(Buffer.from(text), "body");
        expect(fault.offset).toBeLessThanOrEqual(Buffer.byteLength(text));
        expect(fault.message).not.toBe("");
        // All before the place could still become JSON: V8, which stops there too, says so.
        expect(fault.message).not.toMatch(/undefined(?!, which)/);
      }),
      { numRuns: 5_000 },
    );
  });

  test("depth costs no stack, and a megabyte no second", () => {
    const begun = performance.now();
    for (const text of ["[".repeat(1_000_000), `{"a":`.repeat(200_000), `"${"x".repeat(1_000_000)}`, `[${"1,".repeat(500_000)}]`])
      expect(jsonFaultOf(Buffer.from(text)).message).not.toBe("");
    expect(performance.now() - begun).toBeLessThan(5_000);
  });

  test("a part of a body is placed in the body", () => {
    const body = Buffer.from('\ufeff[{"ä":1}, {\'a\':1},\n {"b":1,\n}]');
    const places = placesIn(body);
    const slices = [
      [14, 21],
      [24, 33],
    ];
    const faults = slices.map(([start = 0, end = 0]) => faultText(jsonFaultOf(body.subarray(start, end)), places.at(start)));
    expect(faults[0]).toMatch(/^line 1, column 12 \(byte 15\): found '/);
    expect(faults[1]).toMatch(/^line 3, column 1 \(byte 32\): found } behind a comma/);
  });
});
