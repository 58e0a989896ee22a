import type { EventView } from "@streamforge/shared";
import { Redis } from "ioredis";
import { MongoClient } from "mongodb";
import { Registry } from "prom-client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createLetterQueries } from "../../src/dead-letters/queries.js";
import { createFairReads } from "../../src/http/fair-reads.js";
import { readingRoutes } from "../../src/http/routes/reading.js";
import { eventUuid, nameDigest, uuidBytes, uuidText } from "../../src/ingest/identify.js";
import { createEventQueries } from "../../src/store/event-queries.js";
import { createLookup } from "../../src/stream/lookup.js";
import { createQueueSearch } from "../../src/stream/queue-search.js";
import { type Stack, startStack } from "../support/stack.js";
import { asKey, type Reading, sleep, startReading, unlimited, until } from "./reading-fixture.js";
import { lines, NDJSON, newSender, type Sending, settledSoon } from "./sending-fixture.js";

/** Events that are accepted and not stored yet, asked by names under which Redis remembers nothing: a generated eventId, and the id. */
describe("with the worker away", () => {
  const PARTITIONS = 3;
  let stack: Stack;
  let redis: Redis;
  let mongo: MongoClient;
  let sender: Sending;
  beforeAll(async () => {
    stack = await startStack({ workers: 0, env: { PARTITIONS: String(PARTITIONS), RETRY_BASE_MS: "3000", MAX_RETRY_ATTEMPTS: "100" } });
    redis = new Redis(stack.redis.url);
    mongo = await new MongoClient(stack.mongo.url).connect();
    sender = await newSender(stack);
  });
  afterAll(async () => {
    redis?.disconnect();
    await mongo?.close();
    await stack?.stop();
  });

  async function get(path: string, { key } = sender) {
    const response = await fetch(`${stack.apiUrl}${path}`, { headers: { authorization: `Bearer ${key}` } });
    return { status: response.status, body: (await response.json()) as EventView & { code?: string; detail?: string } };
  }

  const sale = (i: number) => ({ type: "SALE", userId: `u-${i}`, payload: { i } });
  const nowhere = { ...sale(999), payload: { where: { type: "Point", coordinates: [999, 999] } } };
  const entries = () => Promise.all(Array.from({ length: PARTITIONS }, (_, p) => redis.xlen(`sf:{${p}}:stream`)));
  const idAt = (hourMs: number, eventId: string) =>
    uuidText(eventUuid(hourMs - (hourMs % 3_600_000), nameDigest(sender.tenantId, eventId)));

  /** What was accepted, by each of its names: the path, and what the answer must say. */
  const accepted: [path: string, event: Partial<EventView>][] = [];

  test("one without a name of its own is queued under the Location of its 202 and under its id", async () => {
    const sent = await sender.post("/v1/events", sale(0));
    expect(sent.status).toBe(202);
    const { eventId, id, receivedAt } = sent.body;
    const location = sent.headers.get("location") as string;
    for (const path of [location, `/v1/events/${id}`, `/events/${id.toUpperCase()}`]) {
      const answer = await get(path);
      expect(answer, path).toEqual({ status: 200, body: { eventId, id, receivedAt, tenantId: sender.tenantId, status: "queued" } });
    }
    accepted.push([location, { eventId, id }], [`/v1/events/${id}`, { eventId, id }]);

    // Its duplicate is told the first one's Location, which is as good.
    const again = await sender.post("/v1/events", sale(0));
    expect([again.status, again.headers.get("location")]).toEqual([409, location]);
  });

  test("one of many is queued by id, in whichever partition, whenever it occurred", async () => {
    const events = [
      ...Array.from({ length: 30 }, (_, i) => ({ ...sale(i), eventId: `now-${i}` })),
      ...Array.from({ length: 30 }, (_, i) => ({ ...sale(i), eventId: `then-${i}`, occurredAt: "2021-05-05T10:20:30Z" })),
      ...Array.from({ length: 30 }, (_, i) => ({ ...sale(100 + i) })),
    ];
    const sent = await sender.post("/v1/events?results=all", lines(events), NDJSON);
    expect(sent.body).toMatchObject({ accepted: 90 });
    const names = (sent.body.results as { eventId: string }[]).map(({ eventId }) => eventId);
    for (const [i, eventId] of names.entries()) {
      const receivedAtMs = i < 60 ? 0 : (uuidBytes(eventId) as Buffer).readUIntBE(0, 6);
      const id = idAt(i < 30 ? 0 : i < 60 ? Date.UTC(2021, 4, 5, 10) : receivedAtMs, eventId);
      for (const path of [`/v1/events/${id}`, `/v1/events/${eventId}`]) accepted.push([path, { eventId, id }]);
    }
    const filled = await entries();
    expect(Math.min(...filled), "every partition has some").toBeGreaterThan(0);
    expect(
      filled.reduce((sum, n) => sum + n),
      "entries hold several",
    ).toBeLessThan(91);
    for (const [path, event] of accepted) {
      expect(await get(path), path).toMatchObject({ status: 200, body: { ...event, status: "queued" } });
    }
  });

  test("another tenant, and a name that nobody has, are told that there is none", async () => {
    const other = await newSender(stack);
    const none = { status: 404, body: { code: "event-not-found", detail: "There is no such event." } };
    for (const [path] of accepted.slice(0, 20)) expect(await get(path, other), path).toMatchObject(none);
    const [path] = accepted[0] as [string, object];
    for (const digit of ["0", "4", "7", "8"]) {
      const unknown = `${path.slice(0, -22)}${digit}aaa-8bbb-cccccccccccc`;
      expect(await get(unknown), unknown).toMatchObject(none);
    }
  });

  test("one that failed is retrying under both names, and stored under both in the end, as are all", async () => {
    const events = mongo.db("streamforge").collection("events");
    await events.createIndex({ "payload.where": "2dsphere" }, { name: "place" });
    const { body } = await sender.post("/v1/events", nowhere);
    const names = [`/v1/events/${body.eventId}`, `/v1/events/${body.id}`];
    for (const name of names) accepted.push([name, { eventId: body.eventId, id: body.id }]);
    await stack.startWorker();
    await until(async () => (await get(names[1] as string)).body.status === "retrying", 20_000);
    for (const name of names) {
      expect(await get(name), name).toEqual({
        status: 200,
        body: {
          eventId: body.eventId,
          id: body.id,
          receivedAt: body.receivedAt,
          tenantId: sender.tenantId,
          status: "retrying",
          attempts: expect.any(Number),
        },
      });
    }
    await events.dropIndex("place");
    await settledSoon(stack, 30_000);
    for (const [path, event] of accepted)
      expect(await get(path), path).toMatchObject({ status: 200, body: { ...event, status: "stored" } });
  });
});

describe("the search", () => {
  const acme = asKey("acme", "events:read");
  let reading: Reading;
  /** Happens between the first look into MongoDB and the one into the queue. */
  let meanwhile = async (): Promise<void> => {};
  beforeAll(async () => {
    reading = await startReading({ PARTITIONS: "2" });
    const { auth, store, redis, keys, app } = reading;
    const lookup = createLookup({ redis, keys, mostBytes: 64 * 1024 });
    await app.register(
      readingRoutes({
        reads: createFairReads(new Registry()),
        auth,
        limits: unlimited,
        events: createEventQueries(store),
        views: reading.views,
        letters: createLetterQueries(store),
        lookup: { ...lookup, search: (...args) => meanwhile().then(() => lookup.search(...args)) },
        partitions: 2,
      }),
    );
  });
  afterAll(() => reading?.stop());

  const UNKNOWN = "0190aaaa-bbbb-8ccc-8ddd-eeeeeeeeeeee";
  const acceptOne = async (eventId: string) => {
    const [item] = await reading.accept("acme", [{ eventId, type: "SALE" }]);
    return uuidText(item?.id as string);
  };
  const get = async (name: string) => {
    const { status, body } = await reading.get(`/v1/events/${name}`, acme);
    return { status, body: body as Partial<EventView> & { code?: string; detail?: string } };
  };

  test("does not miss what is stored while it looks", async () => {
    const id = await acceptOne("just-now");
    meanwhile = async () => {
      const worker = await reading.startWorker();
      await reading.settled();
      await worker.close();
    };
    expect(await get(id)).toMatchObject({ status: 200, body: { eventId: "just-now", status: "stored" } });
    meanwhile = async () => {};
  });

  test("is made one at a time, and not for those who would wait too long", async () => {
    const search = createQueueSearch(reading);
    const wanted = { tenantId: "acme", id: uuidBytes(UNKNOWN) as Buffer };
    const outcomes = await Promise.all(Array.from({ length: 200 }, () => search(2, wanted)));
    const kinds = outcomes.map(({ kind }) => kind);
    expect(kinds.indexOf("not-reached")).toBe(65);
    expect(new Set(kinds.slice(65))).toEqual(new Set(["not-reached"]));
    expect(await search(2, wanted)).toEqual({ kind: "absent" });
  });

  test("finds the newest and the oldest of a long queue, and says so when it has not looked through all", async () => {
    const ids: string[] = [];
    for (let i = 0; i < 300; i++) ids.push(await acceptOne(`long-${i}`));
    // Longer than the clocks are trusted: a search by time begins among these few.
    await sleep(200);
    const [nameless] = await reading.accept("acme", [{ type: "SALE", userId: "early" }]);
    for (let i = 300; i < 600; i++) ids.push(await acceptOne(`long-${i}`));

    const ends = [ids[0], ids[1], ids.at(-1), ids.at(-2)] as string[];
    for (const id of ends) expect(await get(id)).toMatchObject({ status: 200, body: { id, status: "queued" } });
    // A generated eventId tells where to look, however long the queue, and one of the producer's is remembered.
    expect(await get(nameless?.eventId as string)).toMatchObject({ status: 200, body: { status: "queued" } });
    expect(await get("long-300")).toMatchObject({ status: 200, body: { id: ids[300], status: "queued" } });

    const middle = await get(ids[300] as string);
    expect(middle.body.detail).toContain("not everything that waits to be stored could be looked through");
    expect(middle).toMatchObject({ status: 404, body: { code: "event-not-found", title: "Event not found" } });
    expect(await get(UNKNOWN)).toEqual({
      ...middle,
      body: { ...middle.body, instance: expect.any(String), correlationId: expect.any(String) },
    });
    // A name that is of neither kind needs no search.
    expect((await get("0190aaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee")).body.detail).toBe("There is no such event.");
  });
});
