import { hash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { Binary, type Db, MongoClient } from "mongodb";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { atThisPace } from "../../backend/test/support/yardstick.js";
import { type LocalServer, startMongo, startRedis } from "../local/index.js";
import { audit, createJournal, createProducer, type Item, type Journal, loadJournal, settled, toItem } from "./index.js";

const folder = mkdtempSync(join(tmpdir(), "streamforge-judge-"));
const TENANT = "acme";
const MINUTE = 29_000_000;
let redisServer: LocalServer;
let mongoServer: LocalServer;
let redis: Redis;
let client: MongoClient;
let db: Db;

beforeAll(async () => {
  [redisServer, mongoServer] = await Promise.all([
    startRedis({ dataDir: join(folder, "redis") }),
    startMongo({ dataDir: join(folder, "mongodb") }),
  ]);
  redis = new Redis(redisServer.adminUrl);
  client = await MongoClient.connect(mongoServer.url);
  db = client.db("streamforge");
});

afterAll(async () => {
  redis?.disconnect();
  await client?.close();
  await Promise.all([redisServer?.stop(), mongoServer?.stop()]);
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  await redis.flushall();
  await db.dropDatabase();
});

const item = (n: number, amount = n): Item => toItem({ eventId: `e${n}`, eventType: "SALE", payload: { amount } } as { eventId: string });
const hashOf = (text: string) => hash("sha256", text, "buffer").subarray(0, 8);

function acknowledge(journal: Journal, { eventId, text }: Item, sentAtMs = 1000): void {
  const body = journal.sent(TENANT, eventId, text);
  journal.answered(TENANT, eventId, body, { sentAtMs, answeredAtMs: sentAtMs + 5, status: 202, code: "", outcome: "acknowledged" });
}

let documents = 0;
/** Stores an item as a worker would. */
async function store({ eventId, text }: Item, payload = JSON.parse(text).payload): Promise<void> {
  const _id = new Binary(Buffer.from((++documents).toString(16).padStart(32, "0"), "hex"), Binary.SUBTYPE_UUID);
  await db
    .collection<{ _id: Binary }>("events")
    .insertOne({ _id, tenantId: TENANT, eventId, hash: new Binary(hashOf(text)), payload } as never);
}

async function bury({ eventId, text }: Item, reasonCode = "UNPROCESSABLE", status = "open"): Promise<void> {
  const _id = new Binary(Buffer.from((++documents).toString(16).padStart(48, "0"), "hex"));
  const letter = { _id, tenantId: TENANT, eventId, hash: new Binary(hashOf(text)), status, reasonCode, deaths: 1 };
  await db.collection<{ _id: Binary }>("events_dlq").insertOne(letter as never);
}

async function writeLedger(sums: { a?: number; s?: number; u?: number; d?: number }): Promise<void> {
  const names = { a: "accepted", s: "stored", u: "duplicate", d: "dead" } as const;
  await redis.set("sf:partitions", 1);
  for (const [letter, count] of Object.entries(sums)) {
    await redis.hincrby("sf:{0}:ledger", `${MINUTE}:${TENANT}:${letter}`, count);
    await redis.hincrby("sf:{0}:totals", names[letter as keyof typeof names], count);
  }
}

/** A packed record as the stream format describes it. */
function record({ eventId, text }: Item): Buffer {
  const context = Buffer.from(`${TENANT}\0key\0\0corr\0`);
  const head = Buffer.alloc(69);
  hashOf(text).copy(head, 49);
  head.writeUInt16BE(context.length, 65);
  head.writeUInt16BE(Buffer.byteLength(eventId), 67);
  const bytes = Buffer.concat([head, context, Buffer.from(eventId), Buffer.from(text)]);
  bytes.writeUInt32BE(bytes.length - 4, 0);
  return bytes;
}

const judge = (journal: Journal) =>
  audit({ journal, mongodbUri: mongoServer.url, database: "streamforge", redisUrl: redisServer.url, keyPrefix: "sf" });

describe("the auditor", () => {
  test("finds nothing wrong in a clean store", async () => {
    const journal = createJournal();
    for (let n = 0; n < 10; n++) {
      acknowledge(journal, item(n));
      await store(item(n));
    }
    await writeLedger({ a: 10, s: 10 });
    const verdict = await judge(journal);
    expect(verdict).toMatchObject({
      ok: true,
      acknowledged: 10,
      stored: 10,
      inFlight: 0,
      lost: [],
      twice: [],
      overwritten: [],
      phantom: [],
    });
    expect(verdict.ledger).toMatchObject({ accepted: 10, stored: 10, missing: 0, problems: [] });
  });

  test("names the one that is missing, the one that is doubled and the one that was overwritten", async () => {
    const journal = createJournal();
    for (let n = 0; n < 10; n++) {
      acknowledge(journal, item(n));
      if (n !== 3) await store(item(n), n === 7 ? { amount: -1 } : undefined);
    }
    await store(item(5));
    await writeLedger({ a: 10, s: 10 });
    const verdict = await judge(journal);
    expect(verdict).toMatchObject({ ok: false, lost: ["acme/e3"], twice: ["acme/e5"], overwritten: ["acme/e7"] });
    expect(verdict.text).toMatch(/^NOT OK/);
    expect(verdict.text).toContain("lost: acme/e3");
  });

  test("a body that came second must not replace the one that was acknowledged", async () => {
    const journal = createJournal();
    acknowledge(journal, item(1, 1), 1000);
    const other = item(1, 2);
    const body = journal.sent(TENANT, "e1", other.text);
    journal.answered(TENANT, "e1", body, {
      sentAtMs: 2000,
      answeredAtMs: 2005,
      status: 422,
      code: "identity-conflict",
      outcome: "refused",
    });
    await store(other);
    const verdict = await judge(journal);
    expect(verdict).toMatchObject({ lost: ["acme/e1"], overwritten: ["acme/e1"], refusedYetStored: ["acme/e1"] });
  });

  test("a corrected resend may replace a body that died", async () => {
    const journal = createJournal();
    acknowledge(journal, item(1, 1), 1000);
    acknowledge(journal, item(1, 2), 2000);
    await bury(item(1, 1), "UNPROCESSABLE", "superseded");
    await store(item(1, 2));
    await writeLedger({ a: 2, s: 1, d: 1 });
    expect(await judge(journal)).toMatchObject({ ok: true, dead: 1, stored: 1 });
  });

  test("a dead letter is not lost, one that is also stored is wrong", async () => {
    const journal = createJournal();
    for (const n of [1, 2]) {
      acknowledge(journal, item(n));
      await bury(item(n));
    }
    await writeLedger({ a: 2, d: 2 });
    expect(await judge(journal)).toMatchObject({ ok: true, dead: 2, lost: [] });
    await store(item(2));
    expect(await judge(journal)).toMatchObject({ ok: false, storedAndDead: ["acme/e2"] });
  });

  test("counts what is in streams and retry sets as in flight, event by event", async () => {
    const journal = createJournal();
    for (const n of [1, 2, 3, 4]) acknowledge(journal, item(n));
    const entry = Buffer.concat([Buffer.from([1]), record(item(1)), record(item(2))]);
    await redis.xadd("sf:{0}:stream", "*", "e", entry);
    await redis.zadd("sf:{0}:retry:due", 1, "receipt");
    await redis.hset("sf:{0}:retry:records", "receipt", record(item(3)));
    await writeLedger({ a: 4 });
    const verdict = await judge(journal);
    expect(verdict).toMatchObject({ inFlight: 3, streamLength: 1, retrying: 1, lost: ["acme/e4"] });
    expect(verdict.ledger.missing).toBe(1);
  });

  test("tells a ledger that does not balance, and what nobody sent", async () => {
    const journal = createJournal();
    acknowledge(journal, item(1));
    await store(item(1));
    await store(item(2));
    await writeLedger({ a: 3, s: 1 });
    const verdict = await judge(journal);
    expect(verdict.phantom).toEqual(["acme/e2"]);
    expect(verdict.ledger.missing).toBe(2);
    expect(verdict.ledger.problems).toHaveLength(2);
  });

  test("stands a store full of events that it does not know", async () => {
    const foreign = Array.from({ length: 130_000 }, (_, n) => ({ tenantId: TENANT, eventId: `f${n}`, hash: new Binary(Buffer.alloc(8)) }));
    await db.collection("events").insertMany(foreign, { ordered: false });
    const journal = createJournal();
    acknowledge(journal, item(1));
    expect(await judge(journal)).toMatchObject({ ok: false, lost: ["acme/e1"], phantom: { length: 130_000 } });
  });

  test("an outcome that stayed unknown is neither lost nor phantom", async () => {
    const journal = createJournal();
    for (const n of [1, 2]) {
      const body = journal.sent(TENANT, `e${n}`, item(n).text);
      journal.answered(TENANT, `e${n}`, body, { sentAtMs: 1, answeredAtMs: 2, status: 0, code: "ECONNRESET", outcome: "unknown" });
    }
    await store(item(1));
    await writeLedger({ a: 1, s: 1 });
    expect(await judge(journal)).toMatchObject({ ok: true, unknown: 2, acknowledged: 0 });
  });

  test("settled waits for stream and retry set, and says what is left when the time is over", async () => {
    const options = { redisUrl: redisServer.url, keyPrefix: "sf", timeoutMs: atThisPace(200) };
    await writeLedger({ a: 1 });
    expect(await settled(options)).toBeLessThan(atThisPace(200));
    await redis.xadd("sf:{0}:stream", "*", "e", "x");
    await redis.zadd("sf:{0}:retry:due", 1, "receipt");
    await expect(settled(options)).rejects.toThrow("1 entries in the streams, 1 events waiting for a retry");
    const waiting = settled({ ...options, timeoutMs: atThisPace(5_000) });
    await redis.del("sf:{0}:stream", "sf:{0}:retry:due");
    expect(await waiting).toBeLessThan(atThisPace(5_000));
  });
});

describe("the producer", () => {
  let server: Server;
  let answer: (body: string, n: number) => { status: number; body?: unknown; destroy?: boolean };
  let requests: string[];

  beforeAll(async () => {
    server = createServer((request, response) => {
      let text = "";
      request.on("data", (chunk) => {
        text += chunk;
      });
      request.on("end", () => {
        requests.push(text);
        const { status, body, destroy } = answer(text, requests.length);
        if (destroy) return request.socket.destroy();
        response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body ?? {}));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  afterAll(() => server.close());
  beforeEach(() => {
    requests = [];
  });

  const producerOf = (journal: Journal) =>
    createProducer({
      apiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      apiKey: "k",
      tenantId: TENANT,
      journal,
      retryDelayMs: 5,
      deadlineMs: 2_000,
    });
  const attemptsOf = (journal: Journal, eventId: string) => journal.identities.get(`${TENANT}/${eventId}`)?.bodies[0]?.attempts ?? [];

  test("sends the same bytes again after a lost answer and a 503, and stops at the acknowledgement", async () => {
    answer = (_, n) =>
      n === 1
        ? { status: 0, destroy: true }
        : n === 2
          ? { status: 503, body: { code: "outcome-unknown" } }
          : { status: 409, body: { code: "duplicate" } };
    const journal = createJournal();
    const producer = producerOf(journal);
    await producer.send([item(1)]);
    await producer.close();
    expect(new Set(requests)).toEqual(new Set([item(1).text]));
    expect(attemptsOf(journal, "e1").map((attempt) => attempt.outcome)).toEqual(["unknown", "unknown", "acknowledged"]);
  });

  test("a refusal is final; an identity conflict is no acknowledgement", async () => {
    answer = () => ({ status: 422, body: { code: "identity-conflict" } });
    const journal = createJournal();
    const producer = producerOf(journal);
    const [told] = await producer.send([item(1)]);
    await producer.close();
    expect(told).toMatchObject({ outcome: "refused", code: "identity-conflict" });
    expect(requests).toHaveLength(1);
  });

  test("of a batch it sends only the undecided items again", async () => {
    answer = (_, n) =>
      n === 1
        ? {
            status: 207,
            body: {
              accepted: 1,
              duplicates: 0,
              conflicts: 0,
              rejected: 1,
              retry: 1,
              results: [
                { index: 0, status: "retry", code: "outcome-unknown" },
                { index: 2, status: "rejected", code: "invalid-event" },
              ],
            },
          }
        : { status: 202, body: { accepted: 1, duplicates: 0, conflicts: 0, rejected: 0, retry: 0, results: [] } };
    const journal = createJournal();
    const producer = producerOf(journal);
    await producer.send([item(0), item(1), item(2)], { format: "ndjson" });
    await producer.close();
    expect(requests[1]).toBe(`${item(0).text}\n`);
    expect(["e0", "e1", "e2"].map((id) => attemptsOf(journal, id).at(-1)?.outcome)).toEqual(["acknowledged", "acknowledged", "refused"]);
  });

  test("counts that do not add up acknowledge nothing", async () => {
    answer = () => ({ status: 202, body: { accepted: 1, duplicates: 0, conflicts: 0, rejected: 0, retry: 0, results: [] } });
    const journal = createJournal();
    const producer = createProducer({
      ...{ apiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, apiKey: "k", tenantId: TENANT, journal },
      retryDelayMs: 5,
      deadlineMs: 20,
    });
    const told = await producer.send([item(0), item(1)], { format: "array" });
    await producer.close();
    expect(told.map((one) => one.outcome)).toEqual(["unknown", "unknown"]);
  });

  test("its journal survives in a file", async () => {
    answer = () => ({ status: 202, body: {} });
    const file = join(folder, "journal.ndjson");
    const journal = createJournal({ file });
    const producer = producerOf(journal);
    await producer.run(
      Array.from({ length: 50 }, (_, n) => item(n)),
      { format: "single" },
    );
    await producer.close();
    journal.close();
    expect(loadJournal(file).identities).toEqual(journal.identities);
  });
});
