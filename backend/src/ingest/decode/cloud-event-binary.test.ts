import { Buffer } from "node:buffer";
import { expect, test } from "vitest";
import { binaryModeDecoder } from "./cloud-event-binary.js";
import { MalformedBody } from "./decoder.js";

const ATTRIBUTES: [string, string][] = [
  ["specversion", "1.0"],
  ["id", "A234"],
];
const structured = (data: string | Buffer, type?: string): string =>
  binaryModeDecoder(ATTRIBUTES, type)
    .split(Buffer.from(data as string), 1, undefined)
    .bytes.toString();

test("headers become attributes, JSON stands as it was sent", () => {
  const json = '{"n": 1.0}';
  expect(structured(json, "application/json")).toBe(
    `{"specversion":"1.0","id":"A234","datacontenttype":"application/json","data":${json}}`,
  );
  expect(structured(json)).toBe(`{"specversion":"1.0","id":"A234","data":${json}}`);
});

test("other text is a string, other bytes are base64, no value is no data", () => {
  expect(JSON.parse(structured("<a/>", "application/xml"))).toMatchObject({ data: "<a/>", datacontenttype: "application/xml" });
  expect(JSON.parse(structured(Buffer.from([0xff, 0x00]), "image/png"))).toMatchObject({ data_base64: "/wA=" });
  expect(JSON.parse(structured(""))).not.toHaveProperty("data");
  expect(JSON.parse(structured('{"a":1}', "application/vnd.order+json; charset=utf-8"))).toMatchObject({ data: { a: 1 } });
  expect(JSON.parse(structured("é", "text/plain; charset=iso-8859-1"))).toHaveProperty("data_base64");
});

test("data that should be JSON and is not is refused", () => {
  expect(() => structured("{", "application/json")).toThrow(MalformedBody);
  expect(() => structured(Buffer.from([0xff]), "application/json")).toThrow(MalformedBody);
});
