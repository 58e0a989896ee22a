import { expect, it } from "vitest";
import { parseSearch, stringifySearch } from "./search.js";

it("keeps what looks like a number or JSON as the text it is", () => {
  expect(parseSearch("?type=42&id=%7B%22a%22%3A1%7D")).toEqual({ type: "42", id: '{"a":1}' });
});

it("leaves out what is not set", () => expect(stringifySearch({ type: "42", user: undefined, source: "" })).toBe("?type=42"));
it("is empty when nothing is set", () => expect(stringifySearch({ user: undefined })).toBe(""));
it("reads what it has written", () => {
  const search = { type: "a b&c=d+e%", user: 'ü/"1"' };
  expect(parseSearch(stringifySearch(search))).toEqual(search);
});
