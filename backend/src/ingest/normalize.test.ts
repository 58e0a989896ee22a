import { isName } from "@streamforge/shared";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type NormalEvent, normalize } from "./normalize.js";

const NOW = Date.UTC(2026, 5, 1);
const event = (item: object, defaultType = "default"): NormalEvent => {
  const found = normalize(item as Record<string, unknown>, JSON.stringify(item), defaultType, NOW);
  if (Array.isArray(found)) throw new Error(JSON.stringify(found));
  return found;
};
const pointers = (item: object, defaultType = ""): string[] => {
  const found = normalize(item as Record<string, unknown>, JSON.stringify(item), defaultType, NOW);
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

/** A number as JSON writes it, without its exponent. */
function decimal(number: number): string {
  const [, digits = "", fraction = "", power] = /^(-?\d+)(?:\.(\d+))?e\+(\d+)$/.exec(JSON.stringify(number)) ?? [];
  return power === undefined ? JSON.stringify(number) : digits + fraction.padEnd(Number(power), "0");
}

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

  test("integers become their decimal text; a preferred name that does not fit is refused by its pointer", () => {
    expect(event({ eventId: 42, userId: -1 })).toMatchObject({ eventId: "42", userId: "-1" });
    expect(
      pointers({ eventType: "", eventId: 1.5, userId: true, subject: {}, partitionKey: [], occurredAt: 5, source: { ip: "::1" } }),
    ).toEqual(["/eventId", "/eventType", "/userId", "/subject", "/partitionKey", "/source", "/occurredAt"]);
    expect(pointers({})).toEqual(["/eventType"]);
    expect(pointers({ eventId: "a\u0007" }, "t")).toEqual(["/eventId"]);
    expect(pointers({ eventId: "\ud800" }, "t")).toEqual(["/eventId"]);
    expect(pointers({ eventId: "x".repeat(201) }, "t")).toEqual(["/eventId"]);
    expect(event({ eventId: "🎈".repeat(200) }).eventId).toHaveLength(400);
    expect(pointers({ eventId: "🎈".repeat(201) }, "t")).toEqual(["/eventId"]);
  });

  test("integers of any size are exact, and told from what only a double takes for one", () => {
    const idOf = (text: string) => {
      const found = normalize(JSON.parse(text), text, "t", NOW) as NormalEvent;
      return Array.isArray(found) ? found : found.eventId;
    };
    expect(idOf('{"id":1109886632319213631}')).toBe("1109886632319213631");
    expect(idOf('{"eventId":-9007199254740993}')).toBe("-9007199254740993");
    expect(idOf('{"id":1e3}')).toBe("1000");
    expect(idOf('{"id":12.50e2}')).toBe("1250");
    expect(idOf('{"id":-0}')).toBe("0");
    expect(idOf(`{"id":${"7".repeat(200)}}`)).toBe("7".repeat(200));
    expect(idOf('{"id":1,"id":12345678901234567}')).toBe("12345678901234567");
    for (const none of ["0.99999999999999999999", "9007199254740991.4", "1e200", "7".repeat(201), "1e999999999"]) {
      expect(idOf(`{"id":${none}}`), none).toBeUndefined();
      expect(idOf(`{"eventId":${none}}`), none).toMatchObject([{ pointer: "/eventId" }]);
    }
  });

  test("another name whose value does not fit is ordinary data, and the next one has its turn", () => {
    const ecs = { type: { category: "web" }, timestamp: "never", id: 12.5, user_id: {}, entityId: true, service: { name: "shop" }, a: 1 };
    expect(event(ecs)).toMatchObject({ eventId: undefined, eventType: "default", userId: undefined, subject: undefined, payload: ecs });
    expect(event({ event_id: 1.5, id: "x" })).toMatchObject({ eventId: "x", payload: { event_id: 1.5 } });
    expect(event({ occurred_at: "soon", timestamp: [], time: TIME })).toMatchObject({
      occurredAt: TIME,
      payload: { occurred_at: "soon", timestamp: [] },
    });
    expect(event({ type: { a: 1 }, data: 1 })).toMatchObject({ extensions: { type: { a: 1 } }, payload: 1 });
  });

  test("a missing type says what stands in its place", () => {
    const found = normalize({ type: {} }, '{"type":{}}', "", NOW) as { detail: string }[];
    expect(found).toMatchObject([{ pointer: "/eventType", detail: expect.stringContaining("type is there, but must be a string") }]);
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
    const value = fc.oneof(
      fc.constant(null),
      fc.constant("text"),
      fc.constant(TIME),
      fc.integer({ max: 2 ** 30 }),
      fc.jsonValue({ maxDepth: 2 }),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(key, value), { maxLength: 12 }), (fields) => {
        const text = `{${fields.map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v)}`).join(",")}}`;
        const item = JSON.parse(text) as Record<string, unknown>;
        const found = normalize(item, text, "default", NOW);
        const fits = (name: string, value: unknown): boolean => {
          if (value === undefined || value === null) return false;
          if (["payload", "data"].includes(name)) return true;
          if (NAMES[5]?.[1].includes(name))
            return value === TIME || (name !== "occurredAt" && typeof value === "number" && value >= 0 && value < NOW / 1000);
          return typeof value === "number" ? /^-?\d{1,200}$/.test(decimal(value)) : typeof value === "string" && isName(value);
        };
        const misfit = NAMES.some(([field]) => (item[field] ?? null) !== null && !fits(field, item[field]));
        expect(Array.isArray(found)).toBe(misfit);
        if (Array.isArray(found)) return;
        const rest = (found.extensions ?? found.payload) as Record<string, unknown>;
        const taken = new Set<string>();
        for (const [field, names] of NAMES) {
          const winner = names.find((name) => fits(name, item[name]));
          if (!winner) continue;
          taken.add(winner);
          const sent = item[winner];
          expect(found[field]).toEqual(field === "payload" || typeof sent !== "number" ? sent : decimal(sent));
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
    const [before, first] = ["1969-12-31T23:59:59.999Z", "1970-01-01T00:00:00Z"];
    const [last, after] = [NOW + 86_400_000, NOW + 86_400_001].map((ms) => new Date(ms).toISOString());
    for (const occurredAt of [before, after]) expect(pointers({ type: "t", occurredAt })).toEqual(["/occurredAt"]);
    for (const time of [first, last]) expect(event({ time })).toMatchObject({ occurredAt: time });
    for (const time of [before, after]) expect(event({ time })).toMatchObject({ occurredAt: undefined, payload: { time } });
  });

  test.each([
    ["0", 0, "0"],
    ["12.5", 12_500, "12.5"],
    ["1700000000", 1_700_000_000_000, "1700000000"],
    ["1700000000.50", 1_700_000_000_500, "1700000000.5"],
    ["1700000000.1239", 1_700_000_000_123, "1700000000.1239"],
    ["1.7e9", 1_700_000_000_000, "1700000000"],
    ["1529006854.7112658", 1_529_006_854_711, "1529006854.7112658"],
    ["999999999999", 999_999_999_999, "999999999999"],
    ["1700000000123", 1_700_000_000_123, "1700000000123"],
    ["1700000000123.9", 1_700_000_000_123, "1700000000123.9"],
    ["1e12", 1_000_000_000_000, "1000000000000"],
    ["1e-9", 0, "1e-9"],
    ["99999999999", undefined, undefined],
    ["9999999999999", undefined, undefined],
    ["17000000001234", undefined, undefined],
    ["1700000000123456789", undefined, undefined],
    ["-1", undefined, undefined],
    ["1e999999999", undefined, undefined],
  ])("the epoch number %s is %s ms, and is kept as %s", (number, ms, kept) => {
    for (const name of ["occurred_at", "timestamp", "time"]) {
      const text = `{"${name}":${number}}`;
      expect(normalize(JSON.parse(text), text, "t", NOW)).toMatchObject({ occurredAtMs: ms, occurredAt: kept });
    }
    const text = `{"occurredAt":${number}}`;
    expect(normalize(JSON.parse(text), text, "t", NOW)).toMatchObject([
      { pointer: "/occurredAt", detail: expect.stringContaining("timestamp") },
    ]);
  });

  test("what is wrong with a time is said", () => {
    const found = normalize({ type: "t", occurredAt: "2026-02-30T00:00:00Z" }, "{}", "", NOW);
    expect(found).toEqual([{ pointer: "/occurredAt", detail: "has the day 30, which does not exist: 2026-02 has 28 days" }]);
  });
});

describe("the log entries of an older API", () => {
  const entry = { timestamp: TIME, service: "till", message: "paid", metadata: { amount: 5 } };
  const typeless = (item: object) => normalize(item as Record<string, unknown>, JSON.stringify(item), "", NOW);

  test("are LOG events whose payload is message and metadata", () => {
    const payload = { message: "paid", metadata: { amount: 5 } };
    expect(typeless(entry)).toMatchObject({ eventType: "LOG", source: "till", occurredAt: TIME, payload, extensions: undefined });
    expect(typeless({ service: "till", message: "" })).toMatchObject({ eventType: "LOG", payload: { message: "" } });
    expect(typeless({ ...entry, id: "a", userId: "u" })).toMatchObject({ eventType: "LOG", eventId: "a", userId: "u" });
    expect(event(entry, "OWN")).toMatchObject({ eventType: "OWN", payload });
    expect(event({ ...entry, type: "SALE" }, "")).toMatchObject({ eventType: "SALE", payload });
  });

  test.each([
    [{ message: 1 }, "/message"],
    [{ message: { text: "paid" } }, "/message"],
    [{ metadata: [1] }, "/metadata"],
    [{ metadata: "a=b" }, "/metadata"],
    [{ service: {} }, "/eventType"],
    [{ service: null }, "/eventType"],
    [{ message: null }, "/eventType"],
    [{ timestamp: "yesterday" }, "/eventType"],
    [{ evnetType: "SALE" }, "/eventType"],
    [{ payload: 1 }, "/eventType"],
  ])("are checked: %j is refused at %s", (change, pointer) => {
    expect(pointers({ ...entry, ...change })).toEqual([pointer]);
  });
});
