import { expect, test } from "vitest";
import { printable } from "./printable.js";
import { table } from "./table.js";

const controls = [...Array(32).keys(), ...Array.from({ length: 33 }, (_, i) => 0x7f + i), 0x200e, 0x202e, 0x2066, 0xfeff];

test("no control character reaches the terminal, and JSON stays the same JSON", () => {
  for (const code of controls) {
    const name = `a${String.fromCharCode(code)}[2Jb`;
    const shown = table(["NAME"], [[name]]).split("\n");
    expect(shown).toHaveLength(2);
    expect(shown[1]).not.toContain(String.fromCharCode(code));
    const json = printable(JSON.stringify({ name }, null, 2));
    if (code !== 10) expect(json).not.toContain(String.fromCharCode(code));
    expect(JSON.parse(json)).toEqual({ name });
  }
});

test("columns are as wide as what is shown", () => {
  expect(table(["A", "B"], [["x\u001b", "y"]])).toBe("A        B\nx\\u001b  y");
});
