import type { PatchOperation } from "@streamforge/shared";
import fc from "fast-check";
import { applyPatch as applyByOthers } from "rfc6902";
import { describe, expect, test } from "vitest";
import { applyPatch, forbiddenOperations, PatchError, readPatch } from "./patch.js";

const MOST = 1_000_000;
const patch = (text: string, ...operations: PatchOperation[]) => applyPatch(text, asSent(operations), MOST);
const asSent = (operations: PatchOperation[]) => readPatch(JSON.stringify(operations));

/** What a parse and a new serialisation would change. */
const DELICATE =
  '{ "eventId" : "e-1","big":12345678901234567890, "one":1.0,"huge":1e400,"tiny":-0,"2":"b","1":"a","twice":1,"twice":2,"text":"\\u00e9\\/","__proto__":{"x":1.50} ,"payload":{"amount":"12","n":[1,2,3]}}';

describe("a patch leaves byte for byte what it does not touch", () => {
  test("numbers, order of keys, repeated keys, escapes, white space", () => {
    expect(patch(DELICATE, { op: "replace", path: "/payload/amount", value: 12 })).toBe(DELICATE.replace('"amount":"12"', '"amount":12'));
    expect(patch(DELICATE, { op: "remove", path: "/payload/n/1" })).toBe(DELICATE.replace("[1,2,3]", "[1,3]"));
    expect(patch(DELICATE, { op: "copy", from: "/big", path: "/payload/big" })).toContain('"n":[1,2,3],"big":12345678901234567890}');
    expect(patch(DELICATE, { op: "move", from: "/one", path: "/payload/one" })).toContain('"n":[1,2,3],"one":1.0}');
    expect(patch(DELICATE, { op: "add", path: "/__proto__/y", value: 2 })).toContain('"__proto__":{"x":1.50,"y":2}');
  });

  test("of a repeated key the last one counts, and removing it removes all", () => {
    expect(patch(DELICATE, { op: "replace", path: "/twice", value: 9 })).toContain('"twice":1,"twice":9');
    expect(patch(DELICATE, { op: "remove", path: "/twice" })).not.toContain("twice");
    expect(() => patch(DELICATE, { op: "test", path: "/twice", value: 1 })).toThrow("another value is there");
  });

  test("property: any value beside the patched one survives as text", () => {
    const number = fc.stringMatching(/^-?(0|[1-9]\d{0,25})(\.\d{1,20})?([eE][+-]?\d{1,3})?$/);
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), number), { maxLength: 8 }), fc.jsonValue(), (fields, value) => {
        const before = `{"a":${fields.length},"f":[${fields.map(([key, n]) => `{ ${JSON.stringify(key)} : ${n}}`).join(" , ")}]`;
        const text = `${before},"payload":{"x":0}}`;
        expect(patch(text, { op: "replace", path: "/payload/x", value })).toBe(`${before},"payload":{"x":${JSON.stringify(value)}}}`);
      }),
    );
  });
});

test("property: on JSON that parses without loss it does what another implementation does", () => {
  const key = fc.constantFrom("a", "b", "c~d", "e/f", "");
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { depthSize: "small" },
      fc.integer(),
      fc.string(),
      fc.constant(null),
      fc.array(tie("any"), { maxLength: 3 }),
      fc.dictionary(key, tie("any"), { maxKeys: 3 }),
    ),
  })).any;
  const pointer = fc
    .array(fc.oneof(key, fc.constantFrom("0", "1", "2", "-", "01")), { minLength: 1, maxLength: 3 })
    .map((tokens) => tokens.map((token) => `/${token.replaceAll("~", "~0").replaceAll("/", "~1")}`).join(""))
    .map((rest) => `/payload${rest}`);
  const operation = fc.oneof(
    fc.record({ op: fc.constantFrom("add" as const, "replace" as const, "test" as const), path: pointer, value }),
    fc.record({ op: fc.constant("remove" as const), path: pointer }),
    fc.record({ op: fc.constantFrom("move" as const, "copy" as const), from: pointer, path: pointer }),
  ) as fc.Arbitrary<PatchOperation>;
  let applied = 0;
  fc.assert(
    fc.property(fc.dictionary(key, value, { maxKeys: 4 }), operation, (payload, one) => {
      const text = JSON.stringify({ eventId: "e", payload }, null, 1);
      const expected = JSON.parse(text);
      // The other one lets a value be moved into itself.
      fc.pre(!(one.op === "move" && `${one.path}/`.startsWith(`${one.from}/`)));
      const hasPlace = placesExist(JSON.parse(text), one);
      const failure = failureOfOthers(expected, structuredClone(one));
      let found: string | undefined;
      try {
        found = patch(text, one);
      } catch (error) {
        expect(error).toBeInstanceOf(PatchError);
      }
      // The other one also accepts places that RFC 6902 does not: in a string, or in an array "-" to replace, "01", one beyond its end.
      if (failure || !hasPlace) expect(found).toBeUndefined();
      else {
        applied++;
        expect(JSON.parse(found as string)).toEqual(expected);
      }
    }),
    { numRuns: 3_000 },
  );
  expect(applied).toBeGreaterThan(100);
});

/** Whether all that the operation names is there, or can be added there, by RFC 6901 and 6902. */
function placesExist(root: unknown, operation: PatchOperation): boolean {
  const tokens = (pointer: string) =>
    pointer
      .split("/")
      .slice(1)
      .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
  const isIndex = (token: string) => /^(0|[1-9]\d*)$/.test(token);
  const child = (at: unknown, token: string): unknown => {
    if (Array.isArray(at) && !isIndex(token)) return undefined;
    return typeof at === "object" && at !== null && Object.hasOwn(at, token) ? (at as Record<string, unknown>)[token] : undefined;
  };
  const parentOf = (pointer: string): [unknown, string] => [
    tokens(pointer).slice(0, -1).reduce(child, root),
    tokens(pointer).at(-1) as string,
  ];
  const isThere = (pointer: string) => tokens(pointer).reduce(child, root) !== undefined;
  const canBeAdded = (pointer: string) => {
    const [parent, token] = parentOf(pointer);
    if (Array.isArray(parent)) return token === "-" || (isIndex(token) && Number(token) <= parent.length);
    return typeof parent === "object" && parent !== null;
  };
  if (operation.op === "add") return canBeAdded(operation.path);
  if (operation.op === "copy") return isThere(operation.from) && canBeAdded(operation.path);
  if (operation.op !== "move") return isThere(operation.path);
  if (!isThere(operation.from)) return false;
  // Taken away first, which moves what stands behind it in an array.
  const [parent, token] = parentOf(operation.from);
  if (Array.isArray(parent)) parent.splice(Number(token), 1);
  else delete (parent as Record<string, unknown>)[token];
  return canBeAdded(operation.path);
}

describe("what is written is what was sent", () => {
  const written = (value: string) => applyPatch('{"payload":{}}', readPatch(`[{"op":"add","path":"/payload/x","value": ${value} }]`), MOST);

  test.each([
    "1e400",
    "0.1234567890123456789",
    "10.00",
    '{"zeta":1,"a":2}',
    '{"__proto__":{"x":1}}',
    '{"2":1,"1":2}',
    '"\\u0000\\ud800"',
    "-0",
  ])("%s", (value) => expect(written(value)).toBe(`{"payload":{"x":${value}}}`));

  test("a test compares numbers as decimals, and content whatever its spelling", () => {
    const passes = (there: string, value: string) =>
      expect(applyPatch(`{"x":${there}}`, readPatch(`[{"op":"test","path":"/x","value":${value}}]`), MOST)).toBe(`{"x":${there}}`);
    passes("10.00", "1e1");
    passes('{"a":1,"b":"\\u00e9"}', '{"b":"é","a":1.0}');
    expect(() => passes("9007199254740993", "9007199254740992")).toThrow("another value is there");
    expect(() => passes("1e400", "1e401")).toThrow("another value is there");
  });
});

describe("who an event is stays", () => {
  test.each(["/eventId", "/event_id", "/id", "/userId", "/user_id/x", "", "/event_id/x"])("%s cannot be written", (path) => {
    expect(forbiddenOperations(asSent([{ op: "add", path, value: 1 }]))).toHaveLength(1);
    expect(forbiddenOperations(asSent([{ op: "move", from: path, path: "/payload/x" }]))).toHaveLength(1);
    expect(forbiddenOperations(asSent([{ op: "copy", from: "/payload", path }]))).toHaveLength(1);
    expect(
      forbiddenOperations(
        asSent([
          { op: "test", path, value: 1 },
          { op: "copy", from: path, path: "/payload/x" },
        ]),
      ),
    ).toEqual([]);
  });

  test("the field that userId came from cannot either", () => {
    const bySubject = '{"eventId":"e","subject":"s","payload":{}}';
    expect(() => patch(bySubject, { op: "replace", path: "/subject", value: "t" })).toThrow("the event's user, which comes from subject");
    expect(() => patch(bySubject, { op: "add", path: "/partitionKey", value: "s" })).toThrow("the event's user");
    expect(patch('{"userId":"u","subject":"s"}', { op: "remove", path: "/subject" })).toBe('{"userId":"u"}');
    expect(() => patch('{"eventId":"e"}', { op: "add", path: "/entityId", value: "x" })).toThrow("the event's user");
  });
});

test("what cannot be applied says which operation and why, and a patch cannot blow an event up", () => {
  expect(() => patch("{}", { op: "replace", path: "/payload/amount", value: 1 })).toThrow(
    "operation 0 (replace /payload/amount): there is no /payload",
  );
  const doubling = Array.from({ length: 40 }, (): PatchOperation => ({ op: "copy", from: "/payload", path: "/payload/-" }));
  expect(() => applyPatch('{"payload":[["xxxxxxxx"]]}', asSent(doubling), 10_000)).toThrow("larger than 10000 bytes");
});

/** The other implementation throws when something is added to a string. */
function failureOfOthers(value: object, operation: PatchOperation): Error | null {
  try {
    return applyByOthers(value, [operation])[0] as Error | null;
  } catch (error) {
    return error as Error;
  }
}
