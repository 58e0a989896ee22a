import { afterAll, describe, expect, test } from "vitest";
import { createTypeChecker, type TypeVerdict } from "./checker.js";
import { schemaFlaws } from "./compile.js";
import { createJudge } from "./judge.js";
import { newCheck, type RegisteredType } from "./registry.js";

const judgeThread = createJudge();
afterAll(() => judgeThread.close());

/** A checker of one tenant with these types. */
function checkerOf(schemas: Record<string, object>, policy: "auto" | "store" | "dead-letter" = "auto") {
  const types = new Map(
    Object.entries(schemas).map(([type, schema]): [string, RegisteredType] => [
      type,
      { version: 3, schema: JSON.stringify(schema), check: newCheck() },
    ]),
  );
  const tenants = new Map([["t", { types, retired: new Set(["OLD"]) }]]);
  const registry = { current: () => tenants, known: async () => {}, close: async () => {} };
  const checker = createTypeChecker({ registry, policy, judge: judgeThread, inline: true });
  const judgeAll = (type: string, payloads: unknown[]): Promise<TypeVerdict[]> =>
    checker.judge(payloads.map((payload) => ({ tenantId: "t", eventType: type, payload, bytes: JSON.stringify(payload).length })));
  return { checker, types, judgeAll, judge: async (type: string, payload: unknown) => (await judgeAll(type, [payload]))[0] as TypeVerdict };
}

const fits = { fits: true, version: 3 };
const invalid = (message: string) => expect.objectContaining({ fits: false, reason: "SCHEMA_INVALID", message });
const filled = (count: number, make: (i: number) => unknown): unknown[] => Array.from({ length: count }, (_, i) => make(i));

/** 2^40 checks of one value, in 3 KB. */
function refBomb(): object {
  const $defs: Record<string, object> = { a40: { type: "object" } };
  for (let i = 0; i < 40; i++) $defs[`a${i}`] = { allOf: [{ $ref: `#/$defs/a${i + 1}` }, { $ref: `#/$defs/a${i + 1}` }] };
  return { $ref: "#/$defs/a0", $defs };
}

describe("policy", () => {
  const unknown = (message: string) => ({ fits: false, reason: "UNKNOWN_TYPE", message });
  const unchecked = { fits: true, version: undefined };

  test.each([
    ["auto", "t", "NEW", unknown("the event type is not registered")],
    ["auto", "t", "OLD", unknown("the event type was retired")],
    ["auto", "other", "NEW", unchecked],
    ["store", "t", "NEW", unchecked],
    ["store", "t", "A", fits],
    ["dead-letter", "other", "NEW", unknown("the event type is not registered")],
  ] as const)("%s: a tenant %s sends %s", async (policy, tenantId, eventType, expected) => {
    const { checker } = checkerOf({ A: {} }, policy);
    const verdicts = checker.concerns(tenantId) ? await checker.judge([{ tenantId, eventType, payload: {}, bytes: 2 }]) : [unchecked];
    expect(verdicts).toEqual([expected]);
  });

  test("a tenant all of whose types are retired is not strict", async () => {
    const { judge } = checkerOf({});
    expect(await judge("OLD", {})).toEqual(unchecked);
  });
});

describe("what fits", () => {
  test("names of Object.prototype are names like any other", async () => {
    const { judge } = checkerOf({ A: { required: ["toString"] }, B: { properties: { constructor: { type: "string" } } } });
    expect(await judge("A", {})).toEqual(invalid("/toString is required"));
    expect(await judge("B", {})).toEqual(fits);
    expect(await judge("B", { constructor: 1 })).toEqual(invalid("/constructor must be string"));
  });

  test("equal items are found in linear time, by value", async () => {
    const { judge } = checkerOf({ A: { uniqueItems: true } });
    const objects = filled(12_000, (i) => ({ a: i, b: 1 }));
    expect(await judge("A", objects)).toEqual(fits);
    expect(await judge("A", [...objects, { b: 1, a: 5 }])).toEqual(invalid("the payload must not have items that are equal"));
    for (const distinct of [
      [1, "1", null, "null", true, "true"],
      [{}, "{}"],
      [[1], ["1"]],
      [{ a: 1 }, { b: 1 }],
    ])
      expect(await judge("A", distinct), JSON.stringify(distinct)).toEqual(fits);
    for (const equal of [
      [0, -0],
      [[0], [-0]],
      ["a", "a"],
      [null, null],
      [{ a: [1] }, { a: [1] }],
    ])
      expect(await judge("A", equal), JSON.stringify(equal)).toMatchObject({ fits: false });
  });

  test("at most 20 failures are kept, each with its pointer; names with / and ~ are escaped", async () => {
    const { judge } = checkerOf({ A: { items: { type: "string" } }, B: { additionalProperties: false } });
    const many = await judge(
      "A",
      filled(100, (i) => i),
    );
    expect(many).toMatchObject({ failures: expect.arrayContaining([{ pointer: "/19", detail: "must be string" }]) });
    expect((many as { failures: object[] }).failures).toHaveLength(20);
    expect(await judge("B", { "a/b~c": 1 })).toMatchObject({ failures: [{ pointer: "/a~1b~0c", detail: "is not allowed" }] });
  });

  test("a root that refers to itself through parts of the value", async () => {
    const tree = { type: "object", properties: { children: { type: "array", items: { $ref: "#" } }, n: { type: "number" } } };
    const { judge } = checkerOf({ A: tree });
    expect(await judge("A", { n: 1, children: [{ n: 2, children: [{ n: 3 }] }] })).toEqual(fits);
    expect(await judge("A", { n: 1, children: [{ n: 2, children: [{ n: "3" }] }] })).toEqual(
      invalid("/children/0/children/0/n must be number"),
    );
  });
});

describe("a schema can neither stall nor kill a process", () => {
  let seed = 1;
  const text = filled(250_000, () => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 20) & 1 ? "a" : "b";
  }).join("");
  let nested: unknown = [];
  for (let i = 0; i < 60; i++) nested = [nested];

  test.each<[string, object, unknown]>([
    ["2^40 by $ref", refBomb(), {}],
    ["2^60 by recursion", { allOf: [{ items: { $ref: "#" } }, { items: { $ref: "#" } }] }, nested],
    [
      "100 patterns, 30,000 names",
      { patternProperties: Object.fromEntries(filled(100, (i) => [`^a?b?c${i}`, {}]) as [string, object][]) },
      Object.fromEntries(filled(30_000, (i) => [`k${i}`, 1]) as [string, number][]),
    ],
    ["a pattern whose automaton explodes", { pattern: "[ab]*a[ab]{20}$" }, text],
  ])("%s is ended and is a dead letter; the next event is checked", async (_name, schema, payload) => {
    expect(schemaFlaws(JSON.stringify(schema))).toEqual([]);
    const { judge, judgeAll } = checkerOf({ HOSTILE: schema, GOOD: { type: "number" } });
    const startedAt = process.cpuUsage();
    expect(await judge("HOSTILE", payload)).toMatchObject({
      fits: false,
      reason: "UNPROCESSABLE",
      message: expect.stringContaining("took longer than"),
    });
    const { user, system } = process.cpuUsage(startedAt);
    expect((user + system) / 1000).toBeLessThan(1_500);
    expect(await judge("GOOD", 1)).toEqual(fits);
    // An innocent event of the very type that took too long is not to blame.
    if ("pattern" in schema)
      expect(await judgeAll("HOSTILE", ["b", `${"a".repeat(21)}`])).toEqual([
        invalid(expect.stringContaining("must match pattern") as unknown as string),
        fits,
      ]);
  });

  test("500 such events in a row take 3 ms each, and timers run in between", async () => {
    const { judgeAll } = checkerOf({ HOSTILE: refBomb() });
    let ticks = 0;
    const timer = setInterval(() => ticks++, 10);
    const before = process.cpuUsage();
    const verdicts = await judgeAll(
      "HOSTILE",
      filled(500, () => ({})),
    );
    const { user, system } = process.cpuUsage(before);
    clearInterval(timer);
    expect(verdicts.every((verdict) => !verdict.fits)).toBe(true);
    expect((user + system) / 1000 / 500).toBeLessThan(8);
    expect(ticks).toBeGreaterThan(10);
  });

  test("4,000 required names for 60,000 objects: the first failure, not 240 million of them", async () => {
    const { judge } = checkerOf({ A: { items: { required: filled(4_000, (i) => `p${i}`) } } });
    const verdict = await judge(
      "A",
      filled(60_000, () => ({})),
    );
    expect(verdict).toMatchObject({ fits: false, reason: "SCHEMA_INVALID", failures: [{ pointer: "/0/p0", detail: "is required" }] });
  });

  test("a schema that was never checked at registration makes dead letters of its events, nothing else", async () => {
    const { judge } = checkerOf({ A: { $ref: "#" }, B: { type: "nonsense" }, C: {} });
    for (const type of ["A", "B"]) expect(await judge(type, {})).toMatchObject({ fits: false, reason: "UNPROCESSABLE" });
    expect(await judge("C", {})).toEqual(fits);
  });
});

describe("the rules for schemas", () => {
  const flaw = (schema: object) => schemaFlaws(JSON.stringify(schema))[0];

  const properties = (count: number) => Object.fromEntries(filled(count, (i) => [`p${i}`, { type: "string" }]) as [string, object][]);

  test.each<[string, object, string]>([
    ["itself", { $ref: "#" }, ""],
    ["itself by a detour", { allOf: [{ $ref: "#/$defs/a" }], $defs: { a: { anyOf: [{ $ref: "#" }] } } }, ""],
    ["a $ref to nowhere", { $ref: "#/$defs/none" }, "/$ref"],
    ["a $ref to what is no schema", { $ref: "#/properties", properties: {} }, "/$ref"],
    ["an $id within", { properties: { a: { $id: "https://example.com/" } } }, "/properties/a/$id"],
    ["an asynchronous schema", { $async: true }, "/$async"],
    ["a dynamic reference", { $dynamicRef: "#a" }, "/$dynamicRef"],
    ["another draft", { $schema: "http://json-schema.org/draft-07/schema#" }, "/$schema"],
    ["a typo", { properties: { "a/b": { requird: [] } } }, "/properties/a~1b/requird"],
    ["a look-behind", { pattern: "(?<!a)b" }, "/pattern"],
    ["a named back reference", { pattern: "(?<n>a)\\k<n>" }, "/pattern"],
    ["half a pattern", { pattern: "[a" }, "/pattern"],
    ["a count beyond 1,000", { patternProperties: { "a{2000}": {} } }, "/patternProperties/a{2000}"],
    ["1,001 properties", { properties: properties(1_001) }, ""],
  ])("%s is refused", (_name, schema, pointer) => {
    expect(flaw(schema)?.pointer).toBe(pointer);
  });

  test.each<[string, object]>([
    ["an $id at the root", { $id: "https://example.com/s", $ref: "#/$defs/a", $defs: { a: { type: "string" } } }],
    ["an anchor", { $ref: "#here", $defs: { a: { $anchor: "here" } } }],
    ["a $ref to true", { $ref: "#/$defs/yes", $defs: { yes: true } }],
    ["a $ref that is percent-encoded", { $ref: "#/$defs/a%20b", $defs: { "a b": {} } }],
    ["keywords of one's own", { "x-owner": { anything: 1 }, format: "date-time", unevaluatedProperties: false }],
    ["what looks like a look-around", { pattern: "\\\\(?:a)\\(\\?=" }],
    [
      "data that looks like a schema",
      { properties: { proprties: { enum: [{ format: "nonsense" }] }, format: { const: { pattern: "[" } } } },
    ],
    ["990 properties", { properties: properties(990) }],
  ])("%s is taken", (_name, schema) => {
    expect(flaw(schema)).toBeUndefined();
  });
});
