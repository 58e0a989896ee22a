import { expect, test } from "vitest";
import { readItem } from "../item.js";
import { readText } from "../read-text.js";
import { XmlFault, xmlToJson } from "./read.js";

const read = (text: string) => JSON.parse(xmlToJson(text));

test.each([
  ["elements are members", "<e><a>1</a><b>x</b></e>", { a: "1", b: "x" }],
  ["repeated elements are an array, where the first one stands", "<e><t>1</t><u/><t>2</t></e>", { t: ["1", "2"], u: "" }],
  ["attributes are @name", '<e id="7"><a lang="en">hi</a></e>', { "@id": "7", a: { "@lang": "en", "#text": "hi" } }],
  ["text beside elements is #text", "<e><p>Hello <b>big</b> world</p></e>", { p: { "#text": "Hello  world", b: "big" } }],
  ["empty elements are empty texts", "<e><a/><b></b></e>", { a: "", b: "" }],
  ["white space is kept in a text, and is none between elements", "<e>\n <a> x </a>\n <b> </b>\n</e>", { a: " x ", b: " " }],
  [
    "xsi:nil is null",
    '<e><a xsi:nil="true"/><b xsi:nil="1"></b><c xsi:nil="false"/></e>',
    { a: null, b: null, c: { "@xsi:nil": "false" } },
  ],
  ["nil keeps other attributes", '<e><a xsi:nil="true" why="lost"/></e>', { a: { "@why": "lost", "#text": null } }],
  ["nil with a text is data", '<e><a xsi:nil="true">x</a></e>', { a: { "@xsi:nil": "true", "#text": "x" } }],
  ["namespaces are kept as written", '<n:e xmlns:n="urn:x"><n:a>1</n:a></n:e>', { "@xmlns:n": "urn:x", "n:a": "1" }],
  ["CDATA is text, comments are none", "<e><a>1<!-- no --><![CDATA[<2>]]>3</a></e>", { a: "1<2>3" }],
  ["the five entities and characters", "<e><a>&lt;&amp;&gt;&quot;&apos;&#65;&#x1F600;</a></e>", { a: "<&>\"'A😀" }],
  ["a root of text alone is an object, too", "<e>hi</e>", { "#text": "hi" }],
  ["an empty root is an empty object", "<e/>", {}],
  ["numbers and booleans are texts", "<e><n>12.50</n><b>true</b></e>", { n: "12.50", b: "true" }],
])("%s", (_, text, value) => {
  expect(read(text)).toEqual(value);
});

test("names of prototypes are data", () => {
  const text = "<e><__proto__><polluted>1</polluted></__proto__><constructor>2</constructor><toString x='3'/></e>";
  expect(xmlToJson(text)).toBe('{"__proto__":{"polluted":"1"},"constructor":"2","toString":{"@x":"3"}}');
  expect(Object.keys(readText("xml", text).value)).toEqual(["__proto__", "constructor", "toString"]);
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  expect(xmlToJson("<e __proto__='1' constructor='2'/>")).toBe('{"@__proto__":"1","@constructor":"2"}');
});

test.each([
  ["an entity", "<e>\n<a>&bomb;</a></e>", /^line 2, column \d+.*found the entity bomb: only amp/],
  ["an entity that objects have", "<e>&constructor;</e>", /the entity constructor/],
  ["a processing instruction", "<e><?php x?></e>", /found the processing instruction php: none are taken/],
  ["a DOCTYPE", "<e><!DOCTYPE x></e>", /DOCTYPE/],
  ["an end tag that fits nothing", "<e><a></b></a></e>", /found <\/b>, where <\/a> should close/],
  ["an attribute twice", "<e a='1' a='2'/>", /duplicate attribute: a/],
  ["an attribute without quotes", "<e a=1/>", /unquoted attribute value/],
  ["an ampersand alone", "<e>a & b</e>", /entity/],
  ["a control character", "<e>\u0001</e>", /disallowed character/],
])("%s is refused by name, with its place", (_, text, detail) => {
  const parsed = readItem("xml", Buffer.from(text), { maxEventBytes: 10_000, maxDepth: 64 });
  expect(parsed).toMatchObject({ kind: "rejected", code: "invalid-xml" });
  expect((parsed as { detail: string }).detail).toMatch(detail);
});

test("depth, attributes and size have limits, and cost no stack", () => {
  const limits = { maxEventBytes: 262_144, maxDepth: 64 };
  const deep = (n: number) => Buffer.from(`<e>${"<a>".repeat(n)}${"</a>".repeat(n)}</e>`);
  expect(readItem("xml", deep(63), limits).kind).toBe("object");
  expect(readItem("xml", deep(10_000), limits)).toMatchObject({ code: "invalid-event", detail: "is nested deeper than 64 levels" });
  // An array is a level, too.
  const nested = `<e>${"<a><b/>".repeat(40)}${"</a><a/>".repeat(40)}</e>`;
  expect(readItem("xml", Buffer.from(nested), limits)).toMatchObject({ code: "invalid-event" });
  const many = Buffer.from(`<e ${Array.from({ length: 1_001 }, (_, i) => `a${i}=""`).join(" ")}/>`);
  expect(readItem("xml", many, limits)).toMatchObject({ code: "invalid-event", detail: "has more than 1000 attributes in one element" });
  expect(readItem("xml", Buffer.alloc(262_145), limits)).toMatchObject({ code: "event-too-large" });
  expect(() => xmlToJson(deep(2_000).toString())).toThrow(XmlFault);
});
