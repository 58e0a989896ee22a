import { expect, test } from "vitest";
import { createSeal } from "./seal.js";

const seal = createSeal("a pepper of the test", "session");

test("opens what it closed, and nothing that differs from it in one character, name, use or pepper", () => {
  const sealed = seal.close("a", '{"role":"viewer"}');
  expect(seal.open("a", sealed)).toBe('{"role":"viewer"}');
  for (let at = 0; at < sealed.length; at++) {
    const other = sealed[at] === "A" ? "B" : "A";
    expect(seal.open("a", sealed.slice(0, at) + other + sealed.slice(at + 1))).toBeNull();
  }
  expect(seal.open("b", sealed)).toBeNull();
  expect(createSeal("a pepper of the test", "api-key").open("a", sealed)).toBeNull();
  expect(createSeal("another pepper of it", "session").open("a", sealed)).toBeNull();
  for (const text of ["", "x", '{"role":"admin"}', "é".repeat(43)]) expect(seal.open("a", text)).toBeNull();
});
