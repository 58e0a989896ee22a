import { expect, it } from "vitest";
import { readSchema, template } from "./schema-text.js";

it("reads a schema, and the template is one", () => {
  expect(readSchema('{"type":"object"}')).toEqual({ schema: { type: "object" } });
  expect(readSchema(template)).toHaveProperty("schema.type", "object");
});

it("names the line where it breaks off", () => {
  expect(readSchema('{\n  "type": "object",\n}')).toEqual({ problem: expect.stringContaining("line 3 column 1") });
});

it("takes nothing but an object", () => {
  expect(readSchema("  ")).toEqual({ problem: "A JSON Schema is needed." });
  expect(readSchema("[]")).toEqual({ problem: expect.stringContaining("is an object") });
  expect(readSchema("null")).toEqual({ problem: expect.stringContaining("is an object") });
});
