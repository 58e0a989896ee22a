import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  canonicalJson,
  type DedupeStrategy,
  eventUuid,
  type Identity,
  identify,
  identitiesOf,
  isContentIdentity,
  nameDigest,
  newIdentity,
  uuidBytes,
  uuidText,
} from "./identify.js";
import { type NormalEvent, normalize } from "./normalize.js";

const NOW = Date.UTC(2026, 5, 1, 12, 30);
const HOUR_MS = 3_600_000;

interface Given {
  tenantId?: string;
  strategy?: DedupeStrategy;
  idempotencyKey?: string;
  position?: number;
  receivedAtMs?: number;
}

function identityOf(
  item: object,
  { tenantId = "t", strategy = "intent", idempotencyKey, position = 0, receivedAtMs = NOW }: Given = {},
): Identity {
  return identityOfText(JSON.stringify(item), { tenantId, strategy, idempotencyKey, position, receivedAtMs });
}
function identityOfText(
  text: string,
  { tenantId = "t", strategy = "intent", idempotencyKey, position = 0, receivedAtMs = NOW }: Given = {},
): Identity {
  const item = JSON.parse(text) as Record<string, unknown>;
  const event = normalize(item, text, "default", NOW) as NormalEvent;
  return identify({ text, item, event }, { tenantId, strategy, idempotencyKey, position, receivedAtMs });
}
const hourOf = ({ id }: Identity): number => Number.parseInt(uuidText(id).replaceAll("-", "").slice(0, 12), 16) / HOUR_MS;
const at = "2026-05-01T10:59:59.999Z";

describe("with an eventId", () => {
  test("tenant and eventId are the identity, whatever else differs", () => {
    const first = identityOf({ eventId: "e", a: 1, time: at });
    expect(identityOf({ id: "e", b: 2, userId: "u" }, { idempotencyKey: "k", strategy: "none" }).identity).toBe(first.identity);
    expect(identityOf({ eventId: "e" }, { tenantId: "other" }).identity).not.toBe(first.identity);
    expect(identityOf({ eventId: "E" }).identity).not.toBe(first.identity);
  });

  test("id: the hour of occurredAt, zero without one, as a valid UUIDv8", () => {
    const id = identityOf({ eventId: "e", time: at });
    expect(hourOf(id)).toBe(Date.UTC(2026, 4, 1, 10) / HOUR_MS);
    expect(hourOf(identityOf({ eventId: "e" }))).toBe(0);
    expect(uuidText(id.id)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  test("tenant and eventId cannot be shifted against each other", () => {
    expect(identityOf({ eventId: "bc" }, { tenantId: "a" }).identity).not.toBe(identityOf({ eventId: "c" }, { tenantId: "ab" }).identity);
  });
});

test("with an idempotency key that is the identity, however the body looks", () => {
  const first = identityOf({ a: 1 }, { idempotencyKey: "k" });
  expect(first).toMatchObject({ eventId: "key:k", identity: nameDigest("t", "key:k"), byContent: false });
  expect(identityOf({ b: 1 }, { idempotencyKey: "k", receivedAtMs: NOW + 1 })).toEqual(first);
  expect(identityOf({ a: 1 }, { idempotencyKey: "l" }).identity).not.toBe(first.identity);
});

test("no two of key, key with position, chosen eventId and content are one identity, whatever they are named", () => {
  const content = identityOf({ time: at });
  const names = ["k", "k:1", "k+1", "key:k", "key+1:k", "1:k", "key:key:k", content.eventId, `full-${"0".repeat(32)}`];
  const all = names.flatMap((name) => [
    identityOf({ eventId: name, other: 1 }),
    ...[0, 1, 11].map((position) => identityOf({ a: 1 }, { idempotencyKey: name, position })),
  ]);
  const identities = [...all, content].map(({ identity }) => identity);
  expect(new Set(identities).size).toBe(identities.length);
  for (const { eventId, identity } of all) expect(identitiesOf("t", eventId)).toContain(identity);
});

test("an event that was read and is sent again under the eventId that its content made is the same event", () => {
  const item = { type: "t", time: at, n: 1 };
  const first = identityOf(item);
  expect(identityOf({ ...item, eventId: first.eventId })).toEqual(first);
  expect(identityOf({ ...item, n: 2, eventId: first.eventId })).toMatchObject({ eventId: first.eventId, byContent: false });
  expect(isContentIdentity("t", first.eventId, Buffer.from(first.id, "latin1"))).toBe(true);
  const other = identityOf({ ...item, n: 2, eventId: first.eventId });
  expect(isContentIdentity("t", other.eventId, Buffer.from(other.id, "latin1"))).toBe(false);
});

describe("by content", () => {
  const item = { type: "t", subject: "s", userId: "u", time: at, source: "x", payload: { a: 1, b: [2, { c: 3, d: 4 }] } };

  test("intent: the same content is the same event, whatever the order of keys and the source", () => {
    const first = identityOf(item);
    expect(
      identityOf({ payload: { b: [2, { d: 4, c: 3 }], a: 1 }, source: "y", time: at, userId: "u", subject: "s", type: "t", extra: 1 }),
    ).toEqual(first);
    for (const other of [
      { type: "x" },
      { subject: "x" },
      { userId: "x" },
      { time: "2026-05-01T10:59:59.998Z" },
      { payload: {} },
      { partitionKey: "x" },
    ]) {
      expect(identityOf({ ...item, ...other }).identity).not.toBe(first.identity);
    }
  });

  test("full: every field counts", () => {
    const first = identityOf(item, { strategy: "full" });
    expect(identityOf({ ...item }, { strategy: "full" })).toEqual(first);
    expect(identityOf({ ...item, source: "y" }, { strategy: "full" }).identity).not.toBe(first.identity);
    expect(identityOf({ ...item, extra: 1 }, { strategy: "full" }).identity).not.toBe(first.identity);
    expect(first.identity).not.toBe(identityOf(item).identity);
  });

  test("numbers are what is written, not what a double makes of them; spelling does not count", () => {
    const of = (text: string, strategy: DedupeStrategy) => identityOfText(text, { strategy }).identity;
    for (const strategy of ["intent", "full"] as const) {
      for (const [a, b] of [
        ['{"post":110988663231921363}', '{"post":110988663231921364}'],
        ['{"payload":{"n":0.12345678901234567890}}', '{"payload":{"n":0.12345678901234567891}}'],
        ['{"data":[1e400]}', '{"data":[1e401]}'],
        ['{"n":9007199254740992}', '{"n":9007199254740993}'],
      ] as const)
        expect(of(a, strategy)).not.toBe(of(b, strategy));
      for (const [a, b] of [
        ['{"n":1,"m":[100]}', '{ "m" : [1e2], "n" : 1.0 }'],
        ['{"payload":{"n":110988663231921363,"s":"ü"}}', '{"payload":{"s":"\\u00fc","n":110988663231921363.0}}'],
        ['{"n":0}', '{"n":-0}'],
      ] as const)
        expect(of(a, strategy)).toBe(of(b, strategy));
    }
    expect(identityOfText('{"type":110988663231921363,"time":"2026-05-01T10:00:00Z"}').identity).not.toBe(
      identityOfText('{"type":110988663231921364,"time":"2026-05-01T10:00:00Z"}').identity,
    );
  });

  test("none: never the same", () => {
    expect(identityOf(item, { strategy: "none" }).identity).not.toBe(identityOf(item, { strategy: "none" }).identity);
  });

  test("with occurredAt it lasts: eventId and id follow from the content alone", () => {
    expect(identityOf(item, { receivedAtMs: NOW + 9 * HOUR_MS })).toEqual(identityOf(item));
  });

  test("without occurredAt the digest dedupes, and a duplicate can be told the first one's eventId and id", () => {
    const first = identityOf({ type: "beat", n: 1 });
    const second = identityOf({ type: "beat", n: 1 }, { receivedAtMs: NOW + 5 });
    expect(second.identity).toBe(first.identity);
    expect(second.eventId).not.toBe(first.eventId);
    expect(first.eventId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(newIdentity("t", NOW, second.identity, undefined)).toEqual(first);
    expect(hourOf(first)).toBe(Math.floor(NOW / HOUR_MS));
  });
});

test("canonicalJson: equal for any order of keys, different for different values, and JSON itself", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
      expect(JSON.parse(canonicalJson(a))).toEqual(JSON.parse(JSON.stringify(a)));
      expect(canonicalJson(reversed(a))).toBe(canonicalJson(a));
      const same = canonicalJson(a) === canonicalJson(b);
      let equal = true;
      try {
        expect(JSON.parse(JSON.stringify(a))).toEqual(JSON.parse(JSON.stringify(b)));
      } catch {
        equal = false;
      }
      expect(same).toBe(equal);
    }),
  );
});

function reversed(value: unknown): unknown {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(reversed);
  const copy = Object.create(null) as Record<string, unknown>;
  for (const [key, field] of Object.entries(value).reverse()) copy[key] = reversed(field);
  return copy;
}

test("an id's text and bytes are two forms of one thing", () => {
  fc.assert(
    fc.property(fc.nat(500_000), fc.uint8Array({ minLength: 16, maxLength: 16 }), (hour, digest) => {
      const id = eventUuid(hour * HOUR_MS, Buffer.from(digest).toString("latin1"));
      expect(uuidBytes(uuidText(id))?.toString("latin1")).toBe(id);
    }),
  );
  expect(uuidBytes("no-uuid")).toBeUndefined();
});
