import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type NormalEvent, normalize } from "./normalize.js";

const NOW = Date.UTC(2026, 5, 1);
const event = (item: object, defaultType = "default"): NormalEvent => {
  const found = normalize(item as Record<string, unknown>, defaultType, NOW);
  if (Array.isArray(found)) throw new Error(JSON.stringify(found));
  return found;
};
const pointers = (item: object, defaultType = ""): string[] => {
  const found = normalize(item as Record<string, unknown>, defaultType, NOW);
  return Array.isArray(found) ? found.map(({ pointer }) => pointer) : [];
};

const NAMES: [keyof NormalEvent, string[]][] = [
  ["eventId", ["eventId", "event_id", "id"]],
  ["eventType", ["eventType", "event_type", "type"]],
  ["userId", ["userId", "user_id"]],
  ["subject", ["subject", "entityId"]],
  ["partitionKey", ["partitionKey"]],
  ["occurredAt", ["occurredAt", "occurred_at", "timestamp", "time"]],
  ["source", ["source", "service"]],
  ["schemaVersion", ["schemaVersion"]],
  ["specVersion", ["specVersion"]],
  ["payload", ["payload", "data"]],
];
const TIME = "2026-05-01T00:00:00Z";

describe("names", () => {
  test.each(NAMES)("%s: the preferred name wins, whatever the order; the others are ordinary data", (field, names) => {
    const values = names.map((_, i) => (field === "occurredAt" ? `2026-05-0${i + 1}T00:00:00Z` : `value-${i}`));
    for (let best = 0; best < names.length; best++) {
      const present = names.slice(best).map((name, i) => [name, values[best + i]] as const);
      const found = event(Object.fromEntries([...present].reverse()));
      expect(found[field]).toBe(values[best]);
      const losers = Object.fromEntries(present.slice(1));
      if (field === "payload") expect(found.extensions ?? {}).toEqual(losers);
      else expect(found.payload).toEqual(losers);
    }
  });

  test.each(NAMES)("%s: null counts as absent, and is kept as data when another name has the value", (field, names) => {
    const [first, second] = names as [string, string?];
    if (!second) return;
    const value = field === "occurredAt" ? TIME : "value";
    const found = event({ [first]: null, [second]: value });
    expect(found[field]).toBe(value);
    expect(field === "payload" ? found.extensions : found.payload).toEqual({ [first]: null });
  });

  test("integers become their decimal text; what is no name is refused by its pointer", () => {
    expect(event({ eventId: 42, userId: -1 })).toMatchObject({ eventId: "42", userId: "-1" });
    expect(pointers({ eventType: "t", eventId: 2 ** 53 })).toEqual(["/eventId"]);
    expect(pointers({ eventType: "t", event_id: 1.5, user_id: true, entityId: {}, time: 5 })).toEqual([
      "/event_id",
      "/user_id",
      "/entityId",
      "/time",
    ]);
    expect(pointers({ type: "" })).toEqual(["/type"]);
    expect(pointers({})).toEqual(["/eventType"]);
    expect(pointers({ eventId: "a\u0007" }, "t")).toEqual(["/eventId"]);
    expect(pointers({ eventId: "\ud800" }, "t")).toEqual(["/eventId"]);
    expect(pointers({ eventId: "x".repeat(201) }, "t")).toEqual(["/eventId"]);
    expect(event({ eventId: "🎈".repeat(200) }).eventId).toHaveLength(400);
    expect(pointers({ eventId: "🎈".repeat(201) }, "t")).toEqual(["/eventId"]);
  });
});

describe("payload", () => {
  test("a flat event's other fields are its payload; beside a payload they are extensions", () => {
    expect(event({ eventType: "t", amount: 1, note: null }).payload).toEqual({ amount: 1, note: null });
    expect(event({ eventType: "t", payload: [1], amount: 1 })).toMatchObject({ payload: [1], extensions: { amount: 1 } });
    expect(event({ eventType: "t" })).toMatchObject({ payload: {}, extensions: undefined });
  });

  test.each([[0], [false], [""], [null], [[]], [{}]])("%j is a payload like any other", (payload) => {
    expect(event({ payload }).payload).toEqual(payload);
    expect(event({ data: payload, other: 1 })).toMatchObject({ payload, extensions: { other: 1 } });
  });

  test("null payload beside data: data is the payload, the null stays", () => {
    expect(event({ payload: null, data: { a: 1 } })).toMatchObject({ payload: { a: 1 }, extensions: { payload: null } });
    expect(event({ payload: null, data: null })).toMatchObject({ payload: null, extensions: { data: null } });
  });

  test("nothing is dropped: every field that was sent is found again", () => {
    const key = fc.oneof(
      fc.constantFrom(...NAMES.flatMap(([, names]) => names), "__proto__", "constructor", "toString", "0", ""),
      fc.string(),
    );
    const value = fc.oneof(fc.constant(null), fc.constant("text"), fc.constant(TIME), fc.integer(), fc.jsonValue({ maxDepth: 2 }));
    fc.assert(
      fc.property(fc.array(fc.tuple(key, value), { maxLength: 12 }), (fields) => {
        const item = JSON.parse(`{${fields.map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v)}`).join(",")}}`) as Record<
          string,
          unknown
        >;
        const found = normalize(item, "default", NOW);
        if (Array.isArray(found)) return;
        const rest = (found.extensions ?? found.payload) as Record<string, unknown>;
        const taken = new Set<string>();
        for (const [field, names] of NAMES) {
          const winner = names.find((name) => item[name] !== undefined && item[name] !== null);
          if (!winner) continue;
          taken.add(winner);
          const sent = item[winner];
          expect(found[field]).toEqual(field === "payload" || typeof sent !== "number" ? sent : String(sent));
        }
        for (const name of Object.keys(item)) {
          if (taken.has(name)) continue;
          if (item[name] === null && found.payload === null && (name === "payload" || (name === "data" && item.payload !== null))) continue;
          expect(Object.hasOwn(rest, name), name).toBe(true);
          expect(rest[name]).toEqual(item[name]);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe("times", () => {
  test("1970 to a day ahead of Redis's clock", () => {
    expect(pointers({ type: "t", time: "1969-12-31T23:59:59.999Z" })).toEqual(["/time"]);
    expect(pointers({ type: "t", time: "1970-01-01T00:00:00Z" })).toEqual([]);
    expect(pointers({ type: "t", timestamp: new Date(NOW + 86_400_001).toISOString() })).toEqual(["/timestamp"]);
    expect(pointers({ type: "t", timestamp: new Date(NOW + 86_400_000).toISOString() })).toEqual([]);
  });

  test("what is wrong with a time is said", () => {
    const found = normalize({ type: "t", occurredAt: "2026-02-30T00:00:00Z" }, "", NOW);
    expect(found).toEqual([{ pointer: "/occurredAt", detail: "has the day 30, which does not exist: 2026-02 has 28 days" }]);
  });
});
