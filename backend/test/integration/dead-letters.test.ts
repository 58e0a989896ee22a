import { Buffer } from "node:buffer";
import { createHash, randomUUID } from "node:crypto";
import { type LetterStatus, reasonCodes, reasonHelp } from "@streamforge/shared";
import { Binary } from "mongodb";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config.js";
import { discardLetters } from "../../src/dead-letters/discard.js";
import { createLetterStore, fingerprintOf } from "../../src/dead-letters/letters.js";
import { createLetterQueries } from "../../src/dead-letters/queries.js";
import { needsAll } from "../../src/dead-letters/selector.js";
import { createAgedCache } from "../../src/lib/aged-cache.js";
import type { DeadLetterDocument } from "../../src/store/documents.js";
import { createEventStore } from "../../src/store/events.js";
import { connectStore, ensureIndexes, type Store } from "../../src/store/mongo.js";
import type { Outcome } from "../../src/worker/batch.js";
import { batchOf, recordOfLetter, workOf } from "../../src/worker/loose-events.js";
import { deadLetter, perMinute } from "../../src/worker/steps/dead-letter.js";
import { sleep } from "../support/judged.js";
import { type Stack, startStack } from "../support/stack.js";

let stack: Stack;
let store: Store;
beforeAll(async () => {
  stack = await startStack();
  store = await connectStore(loadConfig({ MONGODB_URI: stack.mongo.url }), "test");
});
afterAll(async () => {
  await store?.close();
  await stack?.stop();
});

const digestOf = (text: string) => createHash("sha256").update(text).digest();

function letter(tenantId: string, n: number, more: Partial<DeadLetterDocument> = {}): DeadLetterDocument {
  const id = digestOf(`${tenantId} ${n}`).subarray(0, 16);
  const at = new Date(Date.now() - 60_000 + n);
  return {
    _id: new Binary(Buffer.concat([id, Buffer.alloc(8, 7)])),
    eventDocId: new Binary(id, Binary.SUBTYPE_UUID),
    tenantId,
    eventId: `e-${n}`,
    eventType: "SALE",
    source: "till",
    status: "open",
    reasonCode: "SCHEMA_INVALID",
    message: "/amount must be a number",
    fingerprint: "f-1",
    raw: `{"eventId":"e-${n}"}`,
    receipt: new Binary(Buffer.alloc(8, 1)),
    hash: new Binary(Buffer.alloc(8, 7)),
    attempts: 1,
    deaths: 1,
    correlationId: "c",
    receivedAt: at,
    failedAt: at,
    lastFailedAt: at,
    worker: "w-1",
    history: [{ at, who: "w-1", what: "dead letter" }],
    ...more,
  };
}

/** Another acceptance of a letter's event. */
const acceptance = ({ tenantId, eventId }: DeadLetterDocument) => ({ tenantId, eventId, receipt: Buffer.alloc(8, 9) });
const hexOf = ({ _id }: DeadLetterDocument) => _id.toString("hex");

async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = { "x-admin-token": stack.adminToken }) {
  const response = await fetch(`${stack.apiUrl}${path}`, {
    method,
    headers: { ...headers, ...(body ? { "content-type": "application/json" } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}
const discard = (body: object, headers?: Record<string, string>) => call("POST", "/v1/admin/dlq/discard", body, headers);
const countsOf = async (tenantId: string) => {
  const found = await store.deadLetters
    .aggregate<{ _id: LetterStatus; n: number }>([{ $match: { tenantId } }, { $group: { _id: "$status", n: { $sum: 1 } } }])
    .toArray();
  return Object.fromEntries(found.map(({ _id, n }) => [_id, n]));
};

describe("discarding", () => {
  it("takes open letters alone, keeps who, when and why with each, and writes the audit log", async () => {
    const states: LetterStatus[] = ["open", "replaying", "resolved", "superseded", "open"];
    const letters = states.map((status, n) => letter("discard-1", n, { status }));
    await store.deadLetters.insertMany(letters);
    const ids = letters.slice(0, 4).map(hexOf);
    expect(await discard({ tenantId: "discard-1", ids, reason: "test orders of the till" })).toEqual({
      status: 200,
      body: { discarded: 1, more: false },
    });
    expect(await countsOf("discard-1")).toEqual({ open: 1, replaying: 1, resolved: 1, superseded: 1, discarded: 1 });
    const { body } = await call("GET", `/v1/admin/dlq/${ids[0]}`);
    expect(body).toMatchObject({
      status: "discarded",
      discardReason: "test orders of the till",
      history: [{ who: "w-1" }, { who: "X-Admin-Token", what: "discarded: test orders of the till", at: expect.any(String) }],
    });
    expect((await call("GET", "/v1/admin/dlq/counts?tenantId=discard-1")).body).toMatchObject({ byStatus: { open: 1, discarded: 1 } });
    const audited = await call("GET", "/v1/admin/audit?tenantId=discard-1&action=dead-letters.discard");
    expect(audited.body).toMatchObject({
      items: [{ actor: { kind: "admin-token" }, targetId: "discard-1", after: { reason: "test orders of the till", idCount: 4 } }],
    });
    // Again: nothing is left to do, and nothing changes.
    expect((await discard({ tenantId: "discard-1", ids, reason: "test orders of the till" })).body).toMatchObject({ discarded: 0 });
  });

  it("needs a selector or all, a reason, a tenant, and the scope", async () => {
    await store.deadLetters.insertMany([letter("discard-2", 1)]);
    const reason = "not needed";
    expect(await discard({ tenantId: "discard-2", reason })).toMatchObject({ status: 400, body: { errors: [{ pointer: "/all" }] } });
    expect((await discard({ tenantId: "discard-2", limit: 1, reason })).status).toBe(400);
    expect((await discard({ tenantId: "discard-2", status: "open", reason })).status).toBe(400);
    expect((await discard({ tenantId: "discard-2", all: true })).status).toBe(400);
    expect((await discard({ tenantId: "discard-2", status: "resolved", all: true, reason })).status).toBe(400);
    expect((await discard({ all: true, reason })).body).toMatchObject({ code: "tenant-required" });
    const key = (await call("POST", "/v1/admin/keys", { tenantId: "discard-2", name: "reader", scopes: ["dead-letters:read"] })).body.key;
    const asReader = { authorization: `Bearer ${key}` };
    expect((await discard({ all: true, reason }, asReader)).status).toBe(403);
    expect(await countsOf("discard-2")).toEqual({ open: 1 });
    expect((await discard({ tenantId: "discard-2", all: true, reason })).body).toEqual({ discarded: 1, more: false });
  });

  it("chooses by each condition, and by nothing of other tenants", async () => {
    const tenantId = "discard-3";
    const reason = "by condition";
    await store.deadLetters.insertMany([
      letter(tenantId, 1, { reasonCode: "UNKNOWN_TYPE", fingerprint: "f-2" }),
      letter(tenantId, 2, { eventType: "REFUND" }),
      letter(tenantId, 3, { source: "web" }),
      letter(tenantId, 4, { raw: '{"note":"User-42"}' }),
      letter(tenantId, 5, { lastFailedAt: new Date("2020-01-01") }),
      letter(tenantId, 6),
      letter(tenantId, 7),
      letter("discard-3-other", 8, { eventType: "REFUND" }),
    ]);
    for (const condition of [
      { reasonCode: "UNKNOWN_TYPE" },
      { type: "REFUND" },
      { source: "web" },
      { q: "user-42" },
      { to: "2021-01-01T00:00:00Z" },
    ])
      expect((await discard({ tenantId, ...condition, reason })).body, JSON.stringify(condition)).toEqual({ discarded: 1, more: false });
    // Those that died first come first.
    expect((await discard({ tenantId, fingerprint: "f-1", limit: 1, reason })).body).toEqual({ discarded: 1, more: false });
    const left = await store.deadLetters.find({ tenantId, status: "open" }).toArray();
    expect(left.map(({ eventId }) => eventId)).toEqual(["e-7"]);
    expect(await countsOf("discard-3-other")).toEqual({ open: 1 });
  });

  it("works in slices, and says when time was up before the end", async () => {
    const tenantId = "discard-4";
    await store.deadLetters.insertMany(Array.from({ length: 4_500 }, (_, n) => letter(tenantId, n)));
    const actor = { kind: "user", id: "u", name: "olga@test" } as const;
    const order = { all: true, reason: "many" } as const;
    expect(await discardLetters(store, tenantId, order, actor, { mostMs: -1 })).toEqual({ discarded: 2_000, more: true });
    expect(await discardLetters(store, tenantId, order, actor)).toEqual({ discarded: 2_500, more: false });
    expect(await countsOf(tenantId)).toEqual({ discarded: 4_500 });
  });
});

describe("a letter that exists already", () => {
  it("is open again when its body died once more, with the new reason; what a replay has in hand stays the replay's", async () => {
    const tenantId = "reopen";
    const states: LetterStatus[] = ["open", "discarded", "superseded", "resolved", "replaying"];
    await store.deadLetters.insertMany(states.map((status, n) => letter(tenantId, n, { status })));
    const again = states.map((_, n) =>
      letter(tenantId, n, {
        receipt: new Binary(Buffer.alloc(8, 2)),
        message: "$amount is too much",
        failures: [{ pointer: "/amount", detail: "is too much" }],
      }),
    );
    const letters = createLetterStore(store);
    // Twice: a worker that died before it settled does it again.
    await letters.write(again);
    await letters.write(again);
    const found = await store.deadLetters.find({ tenantId }).sort({ eventId: 1 }).toArray();
    expect(found.map(({ status }) => status)).toEqual(["open", "open", "open", "open", "replaying"]);
    for (const one of found) {
      expect(one).toMatchObject({ deaths: 2, message: "$amount is too much", failures: [{ pointer: "/amount" }] });
      expect(one.history.map(({ what }) => what)).toEqual(["dead letter", "died again: SCHEMA_INVALID"]);
      expect(one.receipt.buffer[0]).toBe(2);
    }
  });

  it("keeps the last of its history, however often its body is refused, withdrawn, superseded, discarded or replayed", async () => {
    const tenantId = "history";
    const at = new Date();
    const old = (n: number) =>
      letter(tenantId, n, { history: Array.from({ length: 5_000 }, (_, i) => ({ at, who: "w", what: `old ${i}` })) });
    const receipt = new Binary(Buffer.alloc(8, 2));
    await store.deadLetters.insertMany([old(0), old(1), old(2), old(3)]);
    const letters = createLetterStore(store);
    await letters.write([letter(tenantId, 0, { receipt })]);
    await letters.write([letter(tenantId, 1, { receipt })]);
    await letters.withdraw([{ letterId: old(1)._id, receipt: Buffer.alloc(8, 2) }]);
    await letters.supersede([acceptance(old(2))]);
    const actor = { kind: "user", id: "u", name: "olga@test" } as const;
    await discardLetters(store, tenantId, { ids: [hexOf(old(3))], reason: "enough" }, actor);
    const histories = (await store.deadLetters.find({ tenantId }).sort({ eventId: 1 }).toArray()).map(({ history }) => history);
    expect(histories.map(({ length }) => length)).toEqual([200, 200, 200, 200]);
    expect(histories.map((history) => history.at(-1)?.what)).toEqual([
      "died again: SCHEMA_INVALID",
      "died again, yet it is stored",
      "a corrected resend was stored",
      "discarded: enough",
    ]);
  });

  it("is superseded by a corrected resend when it is open, and only then", async () => {
    const tenantId = "supersede";
    const states: LetterStatus[] = ["open", "discarded", "replaying", "open"];
    const all = states.map((status, n) =>
      letter(tenantId, n, { status, ...(n === 3 ? { reasonCode: "IDENTITY_CONFLICT" as const } : {}) }),
    );
    await store.deadLetters.insertMany(all);
    await createLetterStore(store).supersede([...all, { ...(all[0] as DeadLetterDocument), tenantId: "other" }].map(acceptance));
    const found = await store.deadLetters.find({ tenantId }).sort({ eventId: 1 }).toArray();
    expect(found.map(({ status }) => status)).toEqual(["superseded", "discarded", "replaying", "open"]);
    expect(found[0]?.history.at(-1)?.what).toBe("a corrected resend was stored");
  });
});

describe("what goes with dead letters", () => {
  it("every reason is explained, with something to do", () => {
    for (const code of reasonCodes) {
      expect(reasonHelp[code].meaning.length, code).toBeGreaterThan(40);
      expect(reasonHelp[code].actions.length, code).toBeGreaterThan(1);
    }
  });

  it("what differs from event to event makes no cause of its own; reason, type and words do", () => {
    const refused = (n: number, where: string) =>
      `Can't extract geo keys: { _id: UUID("${randomUUID()}"), receipt: BinData(0, 82B2A05B8D${n}A0), payload: { where: ${where} } }  lng: ${n} is out of bounds`;
    const cause = fingerprintOf("RETRY_EXHAUSTED", "SALE", refused(1, "[ 1, 2 ]"));
    expect(fingerprintOf("RETRY_EXHAUSTED", "SALE", refused(999, "{ type: 'x' }"))).toBe(cause);
    expect(fingerprintOf("RETRY_EXHAUSTED", "REFUND", refused(1, "[ 1, 2 ]"))).not.toBe(cause);
    expect(fingerprintOf("UNPROCESSABLE", "SALE", refused(1, "[ 1, 2 ]"))).not.toBe(cause);
    const schema = (text: string) => fingerprintOf("SCHEMA_INVALID", "SALE", text);
    expect(schema('/amount must be number, not "12"')).toBe(schema('/amount must be number, not "twelve"'));
    expect(schema("/amount must be number")).not.toBe(schema("/currency must be string"));
  });

  it("a limit alone is no selector", () => {
    expect([needsAll({}), needsAll({ all: true }), needsAll({ type: "x" }), needsAll({ ids: ["a"] })]).toEqual([true, false, false, false]);
  });

  it("failed attempts go when they are as old as the setting says, also when the setting changes", async () => {
    const expiry = async () => (await store.attempts.indexes()).find(({ name }) => name === "expiry")?.expireAfterSeconds;
    expect(await expiry()).toBe(30 * 86_400);
    await ensureIndexes(store, { attemptsDays: 7 });
    expect(await expiry()).toBe(7 * 86_400);
    await ensureIndexes(store, { attemptsDays: 7 });
    expect(await expiry()).toBe(7 * 86_400);
  });

  it("each failed attempt has its row: those that blame nobody, those that count, and the death; a second look at one adds none", async () => {
    const step = deadLetter({ letters: createLetterStore(store), store: createEventStore(store), worker: "w", maxAttempts: 3 });
    const dead = letter("attempts", 1);
    const fail = async (place: string, attempt: number, outcome: Outcome) => {
      const work = workOf(recordOfLetter({ ...dead, attempts: attempt }));
      await step(batchOf([{ ...work, entry: { ...work.entry, place }, outcome }]));
    };
    await fail("0/1-0", 0, { kind: "again", message: "a write conflict", blamed: false });
    await fail("0/1-0", 0, { kind: "again", message: "a write conflict", blamed: false });
    await fail("0/2-0", 0, { kind: "again", message: "no place", blamed: true });
    await fail("0/3-0", 1, { kind: "again", message: "another conflict", blamed: false });
    await fail("0/4-0", 1, { kind: "dead", reason: "UNPROCESSABLE", message: "refused" });
    const rows = await createLetterQueries(store).attempts(dead.eventDocId.buffer);
    expect(rows.map(({ attempt, status, reason_code, error_message }) => [attempt, status, reason_code, error_message])).toEqual([
      [1, "retrying", "INFRASTRUCTURE", "a write conflict"],
      [1, "retrying", "FAILED", "no place"],
      [2, "retrying", "INFRASTRUCTURE", "another conflict"],
      [2, "dead", "UNPROCESSABLE", "refused"],
    ]);
  });

  it("of very many attempts the newest are shown, oldest first", async () => {
    const { eventDocId, receipt, tenantId, eventId } = letter("many-attempts", 1);
    const about = { eventDocId, receipt, tenantId, eventId, status: "retrying", reason_code: "FAILED", error_message: "" } as const;
    await store.attempts.insertMany(
      Array.from({ length: 600 }, (_, n) => ({
        ...about,
        _id: `many:${n}`,
        attempt: n,
        duration_ms: 1,
        worker: "w",
        at: new Date(Date.now() + n),
      })),
    );
    const queries = createLetterQueries(store);
    expect((await queries.attempts(eventDocId.buffer, receipt.buffer)).map(({ attempt }) => attempt)).toEqual(
      Array.from({ length: 500 }, (_, n) => n + 100),
    );
    expect([...(await queries.lastAttempts([Buffer.from(eventDocId.buffer)])).values()]).toMatchObject([{ attempt: 599 }]);
  });

  it("failures that blame nobody are recorded this many times a minute", () => {
    let now = 0;
    const may = perMinute(2, () => now);
    expect([may(), may(), may()]).toEqual([true, true, false]);
    now = 60_000;
    expect(may()).toBe(true);
  });

  it("an expensive count is shown again while it is made anew, a cheap one is made for each who asks, none is older than a minute", async () => {
    let now = 0;
    let costMs = 1_000;
    let made = 0;
    const picture = createAgedCache(
      async () => {
        now += costMs;
        return ++made;
      },
      () => now,
    );
    const value = async () => (await picture.current()).value;
    expect(await value()).toBe(1);
    now += 10_000;
    expect([await value(), made]).toEqual([1, 1]);
    now += 15_000;
    expect(await value()).toBe(1);
    await sleep(5);
    expect([await value(), made]).toEqual([2, 2]);
    now += 200_000;
    expect(await value()).toBe(3);
    costMs = 1;
    picture.forget();
    expect([await value(), await value(), await value()]).toEqual([4, 5, 6]);
  });
});
