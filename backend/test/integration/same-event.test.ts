import { Redis } from "ioredis";
import { MongoClient } from "mongodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Stack, startStack, type TestProcess } from "../support/stack.js";
import { NDJSON, newSender, type Sending, settledSoon } from "./sending-fixture.js";

/** Events of one identity whose texts differ: the same content is a duplicate, another content is a conflict, wherever the first one is. */

const HEAD = (eventId: string) => `"eventId":"${eventId}","eventType":"SALE","userId":"u","occurredAt":"2026-05-01T10:00:00Z"`;
/** A payload and the same in other words; a parse loses nothing of the first, so its text is not kept. */
const PLAIN = '{"amount":12.5,"n":100,"s":"Müller/","list":[1,{"a":1,"b":null}]}';
/** Its text is kept. */
const EXACT = '{"post":110988663231921363,"price":10.00,"s":"M\\u00fcller"}';

const SAME: [of: string, spelling: string][] = [
  [PLAIN, '{"list":[1,{"b":null,"a":1}],"s":"Müller/","n":100,"amount":12.5}'],
  [PLAIN, ' { "amount" : 12.5,\n "n":100, "s":"Müller/", "list":[ 1 , {"a":1,"b":null}] } '],
  [PLAIN, '{"amount":12.50,"n":1e2,"s":"M\\u00fcller\\/","list":[1.0,{"a":10e-1,"b":null}]}'],
  [PLAIN, '{"amount":0,"amount":12.5,"n":100,"s":"Müller/","list":[1,{"a":1,"b":null}]}'],
  [EXACT, '{"s":"Müller","price":10,"post":110988663231921363}'],
  [EXACT, '{"s":"Müller","price":1e1,"post":110988663231921363.0}'],
];
const OTHER: [of: string, content: string][] = [
  [PLAIN, '{"amount":12.51,"n":100,"s":"Müller/","list":[1,{"a":1,"b":null}]}'],
  [PLAIN, '{"amount":12.5,"n":"100","s":"Müller/","list":[1,{"a":1,"b":null}]}'],
  [PLAIN, '{"amount":12.5,"n":100,"s":"Müller/","list":[1,{"a":1}]}'],
  [PLAIN, '{"amount":12.5,"n":100,"s":"Müller/","list":[{"a":1,"b":null},1]}'],
  [PLAIN, '{"amount":12.5,"n":100,"s":"Müller/","list":[1,{"a":1,"b":null}],"more":null}'],
  [PLAIN, '{"amount":12.5000000000000000001,"n":100,"s":"Müller/","list":[1,{"a":1,"b":null}]}'],
  [EXACT, '{"post":110988663231921364,"price":10.00,"s":"M\\u00fcller"}'],
  [EXACT, '{"post":110988663231921363,"price":10.01,"s":"M\\u00fcller"}'],
];

let stack: Stack;
let sender: Sending;
let redis: Redis;
let mongo: MongoClient;
let worker: TestProcess | undefined;
beforeAll(async () => {
  stack = await startStack({ workers: 0, env: { PARTITIONS: "3", RETRY_BASE_MS: "3000", MAX_RETRY_ATTEMPTS: "100" } });
  redis = new Redis(stack.redis.url);
  mongo = await new MongoClient(stack.mongo.url).connect();
  sender = await newSender(stack);
});
afterAll(async () => {
  redis?.disconnect();
  await mongo?.close();
  await stack?.stop();
});

let names = 0;
const textOf = (eventId: string, payload: string) => `{${HEAD(eventId)},"payload":${payload}}`;
/** The first ones, one for each case, with the text that comes again and whether it says the same. */
function cases(prefix: string) {
  return [...SAME.map((one) => [...one, true] as const), ...OTHER.map((one) => [...one, false] as const)].map(([first, second, same]) => {
    const eventId = `${prefix}-${names++}`;
    return { eventId, first: textOf(eventId, first), second: textOf(eventId, second), same };
  });
}
type Case = ReturnType<typeof cases>[number];

async function sendFirst(all: Case[]): Promise<void> {
  const sent = await sender.post("/v1/events", all.map(({ first }) => first).join("\n"), NDJSON);
  expect(sent.body).toMatchObject({ accepted: all.length });
}

/** One by one, as an array, as a stream, and as a question: each says the same. */
async function expectAnswers(all: Case[]): Promise<void> {
  for (const { second, same, eventId } of all) {
    const answer = await sender.post("/v1/events", second);
    expect([eventId, second, answer.status]).toEqual([eventId, second, same ? 409 : 422]);
    expect(answer.body).toMatchObject({ eventId, receivedAt: expect.any(String) });
    const foreseen = await sender.post("/v1/events/validate", second);
    expect(foreseen.body).toMatchObject({ would: same ? "duplicate" : "conflict" });
  }
  const duplicates = all.filter(({ same }) => same).length;
  const conflicts = all.length - duplicates;
  const batch = await sender.post("/v1/events", `[${all.map(({ second }) => second).join(",")}]`);
  expect(batch.body).toMatchObject({ duplicates, conflicts });
  const stream = await sender.post("/v1/ingest/stream", all.map(({ second }) => second.replaceAll("\n", " ")).join("\n"), NDJSON);
  expect(stream.body).toMatchObject({ duplicates, conflicts });
}

const events = () => mongo.db("streamforge").collection("events");
const letters = () => mongo.db("streamforge").collection("events_dlq");

describe("the contents of one identity are compared", () => {
  test("in the same request", async () => {
    const all = cases("twin");
    const body = `[${all.flatMap(({ first, second }) => [first, second]).join(",")}]`;
    const duplicates = SAME.length;
    expect((await sender.post("/v1/events/validate", body)).body).toMatchObject({
      accepted: all.length,
      duplicates,
      conflicts: OTHER.length,
    });
    expect((await sender.post("/v1/events", body)).body).toMatchObject({ accepted: all.length, duplicates, conflicts: OTHER.length });
  });

  test("while the first one waits in the queue", async () => {
    const all = cases("queued");
    await sendFirst(all);
    await expectAnswers(all);
  });

  test("without an id the content is the identity: another spelling, and what intent leaves out, is a duplicate", async () => {
    const first = '{"eventType":"SALE","userId":"u","amount":12.5,"post":110988663231921363}';
    const timed = `{"eventType":"SALE","occurredAt":"2026-05-01T10:00:00Z","source":"a","payload":{"n":1}}`;
    for (const text of [first, timed]) expect((await sender.post("/v1/events", text)).status).toBe(202);
    for (const again of [
      '{"userId":"u","post":110988663231921363.0,"amount":12.50,"eventType":"SALE"}',
      `{"payload":{"n":1.0},"occurredAt":"2026-05-01T10:00:00Z","eventType":"SALE","source":"b","extra":true}`,
    ])
      expect((await sender.post("/v1/events", again)).status).toBe(409);
    expect((await sender.post("/v1/events", first.replace("363}", "364}"))).status).toBe(202);
  });

  test("under an idempotency key", async () => {
    const key = { "idempotency-key": `same-${names++}` };
    expect((await sender.post("/v1/events", '{"type":"t","a":1,"b":2}', key)).status).toBe(202);
    expect((await sender.post("/v1/events", '{"b":2.0,"a":1,"type":"t"}', key)).status).toBe(409);
    expect((await sender.post("/v1/events", '{"b":2,"a":2,"type":"t"}', key)).status).toBe(422);
  });

  test("1,000 conflicts and 1,000 other spellings in one body", async () => {
    const n = 1_000;
    const prefix = `many-${names++}`;
    const item = (i: number, payload: string) => `{"eventId":"${prefix}-${i}","eventType":"SALE","payload":${payload}}`;
    const all = (of: (i: number) => string) => Array.from({ length: 2 * n }, (_, i) => of(i)).join("\n");
    expect(
      (
        await sender.post(
          "/v1/events",
          all((i) => item(i, `{"i":${i},"x":1}`)),
          NDJSON,
        )
      ).body,
    ).toMatchObject({ accepted: 2 * n });
    const again = await sender.post(
      "/v1/events",
      all((i) => item(i, i < n ? `{"x":1,"i":${i}}` : `{"x":2,"i":${i}}`)),
      NDJSON,
    );
    // On a machine that is too busy some are not compared in time; never more, and they say so.
    const unread = again.body.results.filter(({ detail }: { detail?: string }) => detail?.includes("could not be read in time")).length;
    expect(unread).toBeLessThan(n / 2);
    expect(again.body.duplicates + again.body.conflicts).toBe(2 * n);
    expect(again.body.conflicts).toBeGreaterThanOrEqual(n);
    expect(again.body.conflicts).toBeLessThanOrEqual(n + unread);
  });

  test("while it waits for a retry", async () => {
    await events().createIndex({ "payload.where": "2dsphere" });
    const nowhere = '"where":{"type":"Point","coordinates":[999,999]}';
    const id = `retry-${names++}`;
    expect((await sender.post("/v1/events", textOf(id, `{"a":1,${nowhere}}`))).status).toBe(202);
    worker = await stack.startWorker();
    const waiting = async () => (await Promise.all([0, 1, 2].map((p) => redis.hlen(`sf:{${p}}:retry:records`)))).reduce((a, b) => a + b);
    await expect.poll(waiting, { timeout: 30_000 }).toBe(1);
    expect((await sender.post("/v1/events", textOf(id, `{${nowhere},"a":1.0}`))).status).toBe(409);
    expect((await sender.post("/v1/events", textOf(id, `{${nowhere},"a":2}`))).status).toBe(422);
    await events().dropIndex("payload.where_2dsphere");
    await settledSoon(stack, 60_000);
  });

  test("when it is stored, its text kept or not", async () => {
    const all = cases("stored");
    await sendFirst(all);
    await settledSoon(stack);
    const kept = await events().countDocuments({ eventId: /^stored-/, text: { $exists: true } });
    expect(kept).toBe(all.filter(({ first }) => first.includes("110988663231921363")).length);
    await expectAnswers(all);
  });

  test("by the worker, when Redis has forgotten: duplicates in the ledger, conflicts as dead letters, nothing overwritten", async () => {
    const all = cases("forgotten");
    await sendFirst(all);
    await settledSoon(stack);
    for (const p of [0, 1, 2]) await redis.del(`sf:{${p}}:dedupe:0`, `sf:{${p}}:dedupe:1`);
    const foreseen = await sender.post("/v1/events/validate", `[${all.map(({ second }) => second).join(",")}]`);
    expect(foreseen.body.results.map(({ would }: { would: string }) => would)).toEqual(
      all.map(({ same }) => (same ? "duplicate" : "dead")),
    );
    const counted = async () => {
      const rows = await Promise.all([0, 1, 2].map((p) => redis.hgetall(`sf:{${p}}:ledger`)));
      return rows
        .flatMap((row) => Object.entries(row))
        .reduce((sum, [key, n]) => (key.endsWith(`${sender.tenantId}:u`) ? sum + Number(n) : sum), 0);
    };
    const before = await counted();
    const sent = await sender.post("/v1/events", all.map(({ second }) => second.replaceAll("\n", " ")).join("\n"), NDJSON);
    expect(sent.body).toMatchObject({ accepted: all.length });
    await settledSoon(stack);
    expect((await counted()) - before).toBe(SAME.length);
    const conflicts = await letters()
      .find({ eventId: /^forgotten-/ })
      .toArray();
    expect(conflicts.map(({ eventId, reasonCode }) => [eventId, reasonCode]).sort()).toEqual(
      all.filter(({ same }) => !same).map(({ eventId }) => [eventId, "IDENTITY_CONFLICT"]),
    );
    expect(await events().countDocuments({ eventId: /^forgotten-/ })).toBe(all.length);
  });

  test("by the worker: what intent leaves out is a duplicate without an id", async () => {
    const first = '{"eventType":"LEFT_OUT","occurredAt":"2026-05-01T11:00:00Z","source":"a","payload":{"n":1}}';
    const again = '{"eventType":"LEFT_OUT","occurredAt":"2026-05-01T11:00:00Z","source":"b","payload":{"n":1.0}}';
    expect((await sender.post("/v1/events", first)).status).toBe(202);
    await settledSoon(stack);
    for (const p of [0, 1, 2]) await redis.del(`sf:{${p}}:dedupe:0`, `sf:{${p}}:dedupe:1`);
    expect((await sender.post("/v1/events", again)).status).toBe(202);
    await settledSoon(stack);
    expect(await events().countDocuments({ eventType: "LEFT_OUT" })).toBe(1);
    expect(await letters().countDocuments({ eventType: "LEFT_OUT" })).toBe(0);
    expect(worker?.alive()).toBe(true);
  });
});
