import type { ErasuresOfUser } from "@streamforge/shared";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createPrisma } from "../../src/accounts/database.js";
import { loadConfig } from "../../src/config.js";
import { createErasureWatch } from "../../src/store/erasure-watch.js";
import { connectStore } from "../../src/store/mongo.js";
import type { WorkEvent } from "../../src/worker/batch.js";
import { batchOf, recordOfEvent, workOf } from "../../src/worker/loose-events.js";
import { waitForErasure } from "../../src/worker/steps/erased.js";
import { type Stack, startStack } from "../support/stack.js";
import { openUsers, type Users } from "./erasure-fixture.js";

let stack: Stack;
let users: Users;
beforeAll(async () => {
  stack = await startStack({ env: { ADMIN_REQUESTS_PER_MINUTE: "1000000", RETENTION_CRON: "off", LOG_LEVEL: "debug" } });
  users = await openUsers(stack);
});
afterAll(async () => {
  await users?.close();
  await stack?.stop();
});
let tenantId = "";
let key = "";
let tenants = 0;
beforeEach(async () => {
  tenantId = `users-${tenants++}`;
  key = await users.keyOf(tenantId);
});

const event = (userId: unknown, n: number, more: object = {}) => ({
  eventId: `e-${String(userId)}-${n}`,
  eventType: "order.created",
  userId,
  payload: { n },
  ...more,
});
const some = (userId: unknown, count: number) => Array.from({ length: count }, (_, n) => event(userId, n));
const erased = async (userId: unknown, more: object = {}) => users.ended(await users.erase({ tenantId, userId, ...more }));

describe("what goes", () => {
  test("one user's events, whichever field named it, stored and on their way; others stay; the ledger counts them", async () => {
    await users.send(key, [...some("maria", 700), ...some("other", 30)]);
    // Stored under another field.
    await users.send(key, [
      { eventId: "p-1", eventType: "order.created", partitionKey: "maria" },
      { eventId: "s-1", eventType: "order.created", subject: "maria" },
    ]);
    const done = await erased("maria");
    expect(done).toMatchObject({
      kind: "erasure",
      status: "completed",
      outcome: { events: 702, deadLetters: 0 },
      progress: { processed: 702 },
    });
    expect(await users.left(tenantId, "maria")).toEqual({ events: 0, letters: 0 });
    expect((await users.left(tenantId, "other")).events).toBe(30);
    await users.settled(tenantId);
    const { total } = await users.ledger(tenantId);
    expect(total).toMatchObject({ accepted: 732, stored: 732, erased: 702, expired: 0, missing: 0 });
  });

  test('7 and "7" are one user; names with $, of 200 code points, in any script', async () => {
    await users.send(key, [event(7, 1), event("7", 2), event("70", 3)]);
    expect((await erased(7)).outcome).toEqual({ events: 2, deadLetters: 0 });
    expect((await users.left(tenantId, "70")).events).toBe(1);
    for (const odd of ["$where", '{"$ne":1}', "名".repeat(200), "a.b/c?d#e", " "]) {
      expect((await users.send(key, [event(odd, 1, { eventId: "odd" })])).status, odd).toBe(202);
      expect((await erased(odd)).outcome, odd).toEqual({ events: 1, deadLetters: 0 });
      expect((await users.left(tenantId, odd)).events).toBe(0);
    }
    expect((await users.left(tenantId, "70")).events).toBe(1);
  });

  test("of another tenant's user of the same name nothing goes", async () => {
    const other = await users.keyOf(`${tenantId}-b`);
    await users.send(key, some("maria", 3));
    await users.send(other, some("maria", 4));
    await erased("maria");
    await users.settled(`${tenantId}-b`);
    expect((await users.left(tenantId, "maria")).events).toBe(0);
    expect((await users.left(`${tenantId}-b`, "maria")).events).toBe(4);
  });

  test("a user without events: the job ends with zeros; twice at once: each event is counted once", async () => {
    expect((await erased("nobody")).outcome).toEqual({ events: 0, deadLetters: 0 });
    await users.send(key, some("maria", 400));
    await users.settled(tenantId);
    const jobs = await Promise.all([users.erase({ tenantId, userId: "maria" }), users.erase({ tenantId, userId: "maria" })]);
    const [one, other] = await Promise.all(jobs.map(users.ended));
    expect((one?.outcome.events ?? 0) + (other?.outcome.events ?? 0)).toBe(400);
    expect((await users.ledger(tenantId)).total).toMatchObject({ stored: 400, erased: 400 });
  });
});

describe("dead letters", () => {
  test("also of a type that is not known, of events that are none, and their attempts", async () => {
    const schema = { type: "object", required: ["amount"] };
    await users.call("POST", "/v1/admin/event-types", { tenantId, type: "sale", version: 1, schema });
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    await users.send(key, [
      { eventId: "d-1", eventType: "sale", userId: "maria", payload: {} },
      { eventId: "d-2", eventType: "nobody-knows", userId: "maria" },
      { eventId: "d-3", eventType: "sale", userId: "other", payload: {} },
    ]);
    await users.settled(tenantId);
    const letters = users.db.collection("events_dlq");
    // As they stand there when nobody could tell whose they are: from a source that cannot refuse, and from a worker that died.
    const [known] = await letters.find({ tenantId, eventId: "d-1" }).toArray();
    const nameless = (n: number, raw: string, more: object = {}) => {
      const { userId: _, ...rest } = known as Record<string, unknown>;
      return { ...rest, _id: Buffer.from(`${n}`.padStart(24, "x")), eventId: `n-${n}`, raw, ...more };
    };
    await letters.insertMany([
      nameless(1, JSON.stringify({ user_id: "maria", eventType: "sale" })),
      nameless(2, JSON.stringify({ userId: "maria", eventType: "sale", occurredAt: "yesterday" }), { reasonCode: "INVALID_EVENT" }),
      nameless(3, Buffer.from('{"userId":"maria"}').toString("base64"), { format: "bytes", reasonCode: "INVALID_EVENT" }),
      nameless(4, JSON.stringify({ userId: "other", payload: { friend: "mario" } })),
      nameless(5, "no json", { format: "bytes", reasonCode: "INVALID_EVENT" }),
    ] as never);
    expect(await users.db.collection("processing_attempts").countDocuments({ eventId: { $in: ["d-1", "d-2"] }, tenantId })).toBe(2);

    expect((await erased("maria")).outcome).toEqual({ events: 0, deadLetters: 5 });
    expect((await letters.find({ tenantId }).toArray()).map(({ eventId }) => eventId).sort()).toEqual(["d-3", "n-4", "n-5"]);
    expect(await users.db.collection("processing_attempts").countDocuments({ eventId: { $in: ["d-1", "d-2"] }, tenantId })).toBe(0);
  });
});

describe("sent again", () => {
  test("what was erased is a new event when it is sent again, at once and with another body", async () => {
    await users.send(key, some("maria", 20));
    await erased("maria");
    const again = await users.send(
      key,
      some("maria", 20).map((one) => ({ ...one, payload: { changed: true } })),
    );
    expect(again.body.accepted).toBe(20);
    await users.settled(tenantId);
    expect((await users.left(tenantId, "maria")).events).toBe(20);
    expect((await users.ledger(tenantId)).total).toMatchObject({ accepted: 40, stored: 40, erased: 20, dead: 0, duplicate: 0 });
  });

  test("what was erased after an event had met it is in nobody's way: neither duplicate nor conflict", async () => {
    await users.send(key, [event("maria", 1), event("maria", 2), event("other", 3)]);
    await users.settled(tenantId);
    const store = await connectStore(loadConfig({ MONGODB_URI: stack.mongo.url }), "test");
    const watch = await createErasureWatch({ db: store.db, onError: () => {} });
    try {
      const met = (await store.events.find({ tenantId }).sort({ eventId: 1 }).toArray()).map((document) => {
        const work = workOf(recordOfEvent(document));
        return { ...work, document, met: true };
      });
      await erased("maria");
      const [first, second, other] = met as [WorkEvent, WorkEvent, WorkEvent];
      first.outcome = { kind: "duplicate" };
      second.outcome = { kind: "dead", reason: "IDENTITY_CONFLICT", message: "another event with this identity is stored" };
      other.outcome = { kind: "duplicate" };
      await waitForErasure(watch, store)(batchOf(met));
      expect(met.map(({ document, outcome }) => [document.userId, outcome?.kind])).toEqual([
        ["maria", "again"],
        ["maria", "again"],
        ["other", "duplicate"],
      ]);
    } finally {
      await watch.close();
      await store.close();
    }
  });

  test("with block it is refused, alone and in a batch, others are not; until somebody lifts the block", async () => {
    await users.send(key, some("maria", 3));
    await erased("maria", { block: true });
    const one = await users.call<{ code: string }>("POST", "/v1/events", event("maria", 9), { authorization: `Bearer ${key}` });
    expect([one.status, one.body.code]).toEqual([422, "user-blocked"]);
    const many = await users.send(key, [event("maria", 10), event("other", 1)]);
    expect([many.status, many.body.results.map(({ status, code }) => code ?? status)]).toEqual([207, ["user-blocked", "accepted"]]);
    const found = await users.call<ErasuresOfUser>("POST", "/v1/admin/erasures/search", { tenantId, userId: "maria" });
    expect(found.body).toMatchObject({ blocked: true, items: [{ status: "completed", outcome: { events: 3 } }] });

    await users.call("POST", "/v1/admin/erasures/unblock", { tenantId, userId: "maria", reason: "signed up again" });
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect((await users.send(key, [event("maria", 11)])).status).toBe(202);
  });
});

describe("what stays", () => {
  test("the audit log says who, when, why and how many, never whom; neither job row, log nor collection names the user", async () => {
    const name = `very-particular-${tenantId}`;
    await users.send(key, some(name, 5));
    const done = await erased(name);
    const { body } = await users.call<{ items: { action: string; after: object }[] }>("GET", `/v1/admin/audit?targetId=${done.id}`);
    expect(body.items.map(({ action }) => action)).toEqual(["erasure.end", "erasure.create"]);
    expect(body.items[0]?.after).toMatchObject({ events: 5, deadLetters: 0, reason: "asked for by letter" });
    const found = await users.call<ErasuresOfUser>("POST", "/v1/admin/erasures/search", { tenantId, userId: name });
    expect(found.body).toMatchObject({ user: (done.spec as { user: string }).user, blocked: false, items: [{ id: done.id }] });

    const prisma = createPrisma(stack.postgres.url);
    const rows = await prisma.$queryRaw<{ text: string }[]>`
      SELECT row_to_json(jobs)::text AS text FROM jobs UNION ALL SELECT row_to_json(audit_log)::text FROM audit_log`;
    await prisma.$disconnect();
    expect(rows.filter(({ text }) => text.includes(name))).toEqual([]);
    for (const { name: collection } of await users.db.listCollections().toArray()) {
      const found = await users.db.collection(collection).find().toArray();
      expect(
        found.filter((document) => JSON.stringify(document).includes(name)),
        collection,
      ).toEqual([]);
    }
    expect(stack.api.output() + stack.worker.output()).not.toContain(name);
  });

  test("only an admin may; what is asked wrongly is told where", async () => {
    const mine = { authorization: `Bearer ${key}` };
    const order = { userId: "maria", reason: "asked for" };
    for (const path of ["erasures", "erasures/search", "erasures/unblock"])
      expect((await users.call("POST", `/v1/admin/${path}`, order, mine)).status, path).toBe(403);
    for (const [wrong, pointer] of [
      [{ ...order, userId: "" }, "/userId"],
      [{ ...order, userId: "a\u0000b" }, "/userId"],
      [{ ...order, userId: "x".repeat(201) }, "/userId"],
      [{ ...order, userId: { $ne: 1 } }, "/userId"],
      [{ userId: "maria" }, "/reason"],
      [{ ...order, blocked: true }, "/blocked"],
    ] as const) {
      const answer = await users.call<{ errors: { pointer: string }[] }>("POST", "/v1/admin/erasures", { tenantId, ...wrong });
      expect([answer.status, answer.body.errors.map((error) => error.pointer)], pointer).toEqual([400, [pointer]]);
    }
    expect((await users.call<{ code: string }>("POST", "/v1/admin/erasures", order)).body.code).toBe("tenant-required");
  });
});
