import fc from "fast-check";
import { expect, it } from "vitest";
import { jsonLines, lineText } from "./json-lines.js";

it("prints as JSON.stringify does, whatever the value", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(jsonLines(value).map(lineText).join("\n")).toBe(JSON.stringify(value, null, 2));
    }),
  );
});

it("gives each value its JSON Pointer", () => {
  const pointers = jsonLines({ "a/b": [{ "c~d": 1 }] }).map(({ pointer }) => pointer);
  expect(pointers).toEqual(["", "/a~1b", "/a~1b/0", "/a~1b/0/c~0d", undefined, undefined, undefined]);
});
