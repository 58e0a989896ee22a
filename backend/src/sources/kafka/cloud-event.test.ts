import { Buffer } from "node:buffer";
import { expect, test } from "vitest";
import { isBinaryCloudEvent, structuredText } from "./cloud-event.js";

const attributes = { ce_specversion: "1.0", ce_id: "A234", ce_source: "/shop", ce_type: "order.created", ce_partitionkey: "p" };
const headers = (more: Record<string, string> = {}) => new Map(Object.entries({ ...attributes, ...more }));
const read = (value: string | Buffer, contentType?: string, more?: Record<string, string>) =>
  JSON.parse(structuredText(headers(more), Buffer.from(value as string), contentType).text ?? "null");

test("ce_specversion tells a CloudEvent", () => {
  expect(isBinaryCloudEvent(headers())).toBe(true);
  expect(isBinaryCloudEvent(new Map([["ce_id", "x"]]))).toBe(false);
});

test("headers become attributes, JSON stands as it was sent", () => {
  const { text } = structuredText(headers({ other: "x" }), Buffer.from('{"n": 1.0}'), "application/json");
  expect(text).toBe(
    '{"specversion":"1.0","id":"A234","source":"/shop","type":"order.created","partitionkey":"p","datacontenttype":"application/json","data":{"n": 1.0}}',
  );
});

test("other text is a string, other bytes are base64, no value is no data", () => {
  expect(read("<a/>", "application/xml")).toMatchObject({ data: "<a/>", datacontenttype: "application/xml" });
  expect(read(Buffer.from([0xff, 0x00]), "image/png")).toMatchObject({ data_base64: "/wA=" });
  expect(read("")).not.toHaveProperty("data");
  expect(read('{"a":1}', "application/vnd.order+json; charset=utf-8")).toMatchObject({ data: { a: 1 } });
});

test("a required attribute that is missing is named", () => {
  expect(structuredText(headers({ ce_type: "" }), Buffer.from("1"), undefined)).toEqual({ missing: "ce_type" });
});
