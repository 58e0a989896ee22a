import { expect, test } from "vitest";
import { sentText } from "./sent-text.js";

test("a letter's text is shown as it was sent", () => {
  expect(sentText({ raw: '{"a":1}' })).toEqual({ text: '{"a":1}', binary: false });
});

test("bytes that are text are shown as text, others in base64", () => {
  expect(sentText({ raw: btoa('{"a":'), format: "bytes" })).toEqual({ text: '{"a":', binary: false });
  expect(sentText({ raw: "/wD+", format: "bytes" })).toEqual({ text: "/wD+", binary: true });
});
