import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson } from "../ingest/identify.js";
import { canonicalContent } from "./canonical.js";

/** A value as a tree whose numbers are texts. */
type Tree = { number: string } | { object: [string, Tree][] } | Tree[] | string | boolean | null;

const number = fc
  .tuple(fc.boolean(), fc.bigInt(0n, 10n ** 24n), fc.stringMatching(/^\d{0,8}$/), fc.integer({ min: -400, max: 400 }))
  .map(([minus, whole, fraction, power]) => ({
    number: `${minus ? "-" : ""}${whole}${fraction && `.${fraction}`}${power % 3 === 0 ? `e${power}` : ""}`,
  }));
const text = fc.string({ unit: "binary", maxLength: 8 });
const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { depthSize: "small" },
    number,
    text,
    fc.constantFrom<Tree>(null, true, false, "\ud800", "__proto__"),
    fc.array(tie("tree"), { maxLength: 4 }),
    fc
      .uniqueArray(fc.tuple(fc.oneof(text, fc.constantFrom("__proto__", "1", "a", "\udfff")), tie("tree")), {
        maxLength: 4,
        selector: ([key]) => key,
      })
      .map((object) => ({ object })),
  ),
}));

/** How a tree is written: each choice from `next`, a number below 1. */
function write(value: Tree, next: () => number): string {
  const space = () => ["", "", " ", "\n\t", "\r"][Math.floor(next() * 5)] as string;
  const one = (item: Tree): string => {
    if (item === null || typeof item === "boolean") return String(item);
    if (typeof item === "string") return spell(item, next);
    if (Array.isArray(item)) return `[${space()}${item.map((child) => one(child) + space()).join(`,${space()}`)}]`;
    if ("number" in item) return respell(item.number, next);
    const members = item.object.map(([key, child]) => ({
      at: next(),
      text: `${spell(key, next)}${space()}:${space()}${one(child)}${space()}`,
      key,
    }));
    members.sort((a, b) => a.at - b.at);
    // Of a repeated key the last one counts: another value may stand before it.
    const repeated = members[0] && next() < 0.2 ? `${spell(members[0].key, next)}:[0.0,{"x":1}],` : "";
    return `{${space()}${repeated}${members.map((member) => member.text).join(`,${space()}`)}}`;
  };
  return space() + one(value) + space();
}

function spell(value: string, next: () => number): string {
  const escaped = (unit: string) => {
    const hex = unit.charCodeAt(0).toString(16).padStart(4, "0");
    return `\\u${next() < 0.5 ? hex : hex.toUpperCase()}`;
  };
  const units = value
    .split("")
    .map((unit) =>
      next() < 0.3 || !unit.isWellFormed() || unit < " " ? escaped(unit) : unit === '"' || unit === "\\" ? `\\${unit}` : unit,
    );
  return `"${units.join("")}"`;
}

function respell(number: string, next: () => number): string {
  const [, minus, whole, fraction = "", power = "0"] = /^(-?)(\d+)(?:\.(\d+))?(?:e(-?\d+))?$/.exec(number) as unknown as string[];
  const zeros = "0".repeat(Math.floor(next() * 4));
  if (next() < 0.3) return number;
  return next() < 0.5
    ? `${minus}${whole}.${fraction}0${zeros}e${power}`
    : `${minus}${BigInt(`${whole}${fraction}${zeros}`)}E${Number(power) - fraction.length - zeros.length}`;
}

/** One digit of one number, or one character of one string, another. Undefined when there is none to change. */
function changed(value: Tree): Tree | undefined {
  if (value === null) return false;
  if (typeof value === "boolean") return !value;
  if (typeof value === "string") return `${value}x`;
  if (Array.isArray(value)) return value.length === 0 ? [null] : [...value.slice(0, -1), changed(value.at(-1) as Tree) as Tree];
  if ("number" in value) {
    const at = value.number.search(/\d/);
    const digit = value.number[at] === "9" ? "8" : String(Number(value.number[at]) + 1);
    return { number: value.number.slice(0, at) + digit + value.number.slice(at + 1) };
  }
  const [first, ...rest] = value.object;
  return first ? { object: [[first[0], changed(first[1]) as Tree], ...rest] } : { object: [["a", null]] };
}

const choices = fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }));
const reader = (stream: Iterator<number>) => () => stream.next().value as number;

test("the same content in any spelling is the same; with one digit or character another it is not", () => {
  fc.assert(
    fc.property(tree, choices, (value, stream) => {
      const [one, other] = [write(value, reader(stream)), write(value, reader(stream))];
      JSON.parse(one);
      JSON.parse(other);
      expect(canonicalContent(one)).toBe(canonicalContent(other));
      expect(canonicalContent(write(changed(value) as Tree, reader(stream)))).not.toBe(canonicalContent(one));
      expect(canonicalContent(canonicalContent(one))).toBe(canonicalContent(one));
    }),
    { numRuns: 2_000 },
  );
});

test("where a parse loses nothing it is what canonicalJson makes of the value", () => {
  fc.assert(
    fc.property(fc.json(), (json) => {
      expect(canonicalContent(json)).toBe(canonicalJson(JSON.parse(json)));
    }),
  );
});

test.each([
  ['{"post":110988663231921363}', '{"post":110988663231921364}', false],
  ['{"a":1,"b":[2,3]}', ' { "b" : [ 2 , 3.0 ] , "a" : 10e-1 } ', true],
  ['"M\\u00fcnchen\\/"', '"München/"', true],
  ['"\\ud800"', '"\\ud801"', false],
  ['"\\ud800"', '"\\ufffd"', false],
  ['"1"', "1", false],
  ['{"a":1,"a":2}', '{"a":2}', true],
  ['{"__proto__":1}', "{}", false],
  ['{"a":null}', "{}", false],
  ["[1,[2]]", "[[1],2]", false],
  ["1e400", "1e401", false],
  ["-0", "0.0", true],
])("%s and %s: the same is %s", (a, b, same) => {
  expect(canonicalContent(a) === canonicalContent(b)).toBe(same);
});

test("any 256 KiB cost a small multiple of their parse, and depth costs no stack", () => {
  const K256 = 256 * 1024;
  const repeat = (piece: string) => piece.repeat(K256 / piece.length);
  const hostile = [
    `[${repeat("1.5,")}1]`,
    `[${repeat("10e-1,")}1]`,
    `["${repeat("\\u0061")}"]`,
    `[${repeat('"\\\\",')}1]`,
    `{${repeat('"a":0,')}"b":1}`,
    `{${Array.from({ length: 25_000 }, (_, i) => `"${25_000 - i}":1`).join(",")}}`,
    `${"[".repeat(K256 / 2)}${"]".repeat(K256 / 2)}`,
    `${'{"a":'.repeat(K256 / 6)}1${"}".repeat(K256 / 6)}`,
    repeat("9"),
    `[1e${repeat("9")}]`,
  ];
  const ordinary = `[${"[1.5,2],".repeat(K256 / 8)}1]`;
  const parse = cpuMs(() => JSON.parse(ordinary));
  for (const text of hostile)
    expect(
      cpuMs(() => canonicalContent(text).length),
      text.slice(0, 20),
    ).toBeLessThan(parse * 50);
});

/** Of ten runs, in ms of this thread's CPU time: other work on the machine does not count. It is counted in steps of up to 10 ms. */
function cpuMs(task: () => unknown): number {
  const before = process.threadCpuUsage();
  for (let i = 0; i < 10; i++) task();
  const { user, system } = process.threadCpuUsage(before);
  return Math.max(10, (user + system) / 1000);
}
