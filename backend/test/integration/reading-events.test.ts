import { createHash } from "node:crypto";
import type { EventView } from "@streamforge/shared";
import { Binary } from "mongodb";
import { Registry } from "prom-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createLetterQueries } from "../../src/dead-letters/queries.js";
import { createFairReads } from "../../src/http/fair-reads.js";
import { readingRoutes } from "../../src/http/routes/reading.js";
import { eventUuid, nameDigest, uuidText } from "../../src/ingest/identify.js";
import type { EventDocument } from "../../src/store/documents.js";
import { createEventQueries } from "../../src/store/event-queries.js";
import { createLookup } from "../../src/stream/lookup.js";
import { asAdmin, asKey, asPerson, type Reading, startReading, unlimited } from "./reading-fixture.js";

let reading: Reading;
let worker: { close(): Promise<void> } | undefined;
const acme = asKey("acme", "events:read");

beforeAll(async () => {
  reading = await startReading({ PARTITIONS: "2" });
  const { auth, store, redis, keys, app } = reading;
  await app.register(
    readingRoutes({
      reads: createFairReads(new Registry()),
      auth,
      limits: unlimited,
      events: createEventQueries(store),
      views: reading.views,
      letters: createLetterQueries(store),
      lookup: createLookup({ redis, keys }),
      partitions: 2,
    }),
  );
});
afterAll(async () => {
  await worker?.close();
  await reading?.stop();
});

const path = (eventId: string, query = "") => `/v1/events/${encodeURIComponent(eventId)}${query}`;
const view = async (eventId: string, query = "", headers: Record<string, string> = acme) =>
  (await reading.get(path(eventId, query), headers)).body as EventView;

/** Waits for the worker with everything that was accepted so far. */
async function store(): Promise<void> {
  worker ??= await reading.startWorker();
  await reading.settled();
}

async function insertStored(events: Partial<EventDocument>[]): Promise<void> {
  const documents = events.map((event, i): EventDocument => {
    const tenantId = event.tenantId ?? "lists";
    const eventId = event.eventId ?? `e-${i}`;
    const occurredAt = event.occurredAt ?? new Date();
    const hourMs = occurredAt.getTime() - (occurredAt.getTime() % 3_600_000);
    const digest = nameDigest(tenantId, eventId);
    return {
      _id: new Binary(Buffer.from(eventUuid(hourMs, digest), "latin1"), Binary.SUBTYPE_UUID),
      tenantId,
      eventId,
      eventType: "SALE",
      userId: "u-1",
      source: "till",
      occurredAt,
      payload: {},
      correlationId: "c",
      receivedAt: occurredAt,
      storedAt: occurredAt,
      receipt: new Binary(Buffer.alloc(8)),
      hash: new Binary(createHash("sha256").update(eventId).digest().subarray(0, 8)),
      ...event,
    };
  });
  await reading.store.events.insertMany(documents);
  const hours = new Map(
    documents.map(({ tenantId, occurredAt }) => [`${tenantId}:${Math.floor(occurredAt.getTime() / 3_600_000)}`, { tenantId, occurredAt }]),
  );
  const upserts = [...hours].map(([_id, { tenantId, occurredAt }]) => ({
    updateOne: {
      filter: { _id },
      update: { $setOnInsert: { tenantId, hour: Math.floor(occurredAt.getTime() / 3_600_000) } },
      upsert: true,
    },
  }));
  await reading.store.eventHours.bulkWrite(upserts);
}

describe("one event", () => {
  it("is queued until a worker stores it, then stored, found by eventId and by id, by the older path too", async () => {
    const [item] = await reading.accept("acme", [
      { eventId: "way", type: "SALE", userId: "u-7", occurredAt: "2026-03-01T10:00:00+01:00", payload: { amount: 1 } },
    ]);
    const id = uuidText(item?.id as string);
    expect(await view("way")).toEqual({ eventId: "way", id, tenantId: "acme", status: "queued", receivedAt: expect.any(String) });

    await store();
    const stored = await view("way");
    expect(stored).toMatchObject({
      eventId: "way",
      id,
      status: "stored",
      attempts: 1,
      eventType: "SALE",
      userId: "u-7",
      payload: { amount: 1 },
    });
    // As sent, and the defaults filled in.
    expect(stored).toMatchObject({ occurredAt: "2026-03-01T10:00:00+01:00", source: "till", schemaVersion: "1.0.0", specVersion: "1.0" });
    expect(stored.processedAt).toBe(stored.storedAt);
    expect(await view(id)).toEqual(stored);
    expect((await reading.get("/events/way", acme)).body).toEqual(stored);
    expect(await view("way", "?userId=u-7&occurredAt=2026-03-01T09:59:00Z")).toEqual(stored);
  });

  it("is not found in another hour, under another user, or by another tenant", async () => {
    await reading.accept("acme", [{ eventId: "mine", type: "SALE", userId: "u-1", occurredAt: "2026-03-01T10:00:00Z" }]);
    await store();
    const { id } = await view("mine");
    for (const [name, query, headers] of [
      ["mine", "", asKey("globex", "events:read")],
      [id, "", asKey("globex", "events:read")],
      [id, "?userId=u-2", acme],
      ["no such", "", acme],
      ["x".repeat(300), "", acme],
    ] as const) {
      const { status, body } = await reading.get(path(name, query), headers);
      expect([status, (body as { code: string }).code], name).toEqual([404, "event-not-found"]);
    }
    const early = await reading.get(path("mine", "?occurredAt=2026-03-01T11:00:00Z"), acme);
    // Its identity is still remembered: it was accepted, only not in that hour.
    expect(early.status).toBe(200);
  });

  it("has any Unicode as its eventId", async () => {
    const names = ["a/b?c#d", "100 %", "größe ✓ 日本", "👩‍👩‍👧/e\u0301", "...", "%2F", "with space", "+plus+"];
    await reading.accept(
      "acme",
      names.map((eventId) => ({ eventId, type: "SALE" })),
    );
    await store();
    for (const name of names) expect(await view(name), name).toMatchObject({ eventId: name, status: "stored" });
  });

  it("without a time of its own is found in hour zero", async () => {
    await reading.accept("hourless", [{ eventId: "hz", type: "SALE", payload: 1 }]);
    await store();
    expect(await view("hz", "", asKey("hourless", "events:read"))).toMatchObject({ status: "stored", payload: 1, userId: "hz" });
  });

  it("is found behind a thousand newer hours", async () => {
    const hour = (n: number) => new Date(Date.UTC(2020, 0, 1) + n * 3_600_000);
    await insertStored(Array.from({ length: 1_205 }, (_, i) => ({ tenantId: "old", eventId: `o-${i}`, occurredAt: hour(i) })));
    const old = asKey("old", "events:read");
    for (const i of [0, 204, 205, 1_204])
      expect(await view(`o-${i}`, "", old)).toMatchObject({ eventId: `o-${i}`, occurredAt: hour(i).toISOString() });
    expect((await reading.get(path("o-1205"), old)).status).toBe(404);
  });

  it("that died shows its letter; a corrected resend on its way comes before it, and stored before all", async () => {
    await worker?.close();
    worker = undefined;
    const [item] = await reading.accept("acme", ['{"eventId":"poison","type":"SALE","payload":{"n":1.50,"big":12345678901234567890}}']);
    await reading.redis.flushall();
    await reading.redis.set(reading.keys.partitionCount, 2);
    const id = Buffer.from(item?.id as string, "latin1");
    const letter = (status: "open" | "discarded", receipt: number, n: number) => ({
      _id: new Binary(Buffer.concat([id, Buffer.alloc(8, n)])),
      eventDocId: new Binary(id, Binary.SUBTYPE_UUID),
      tenantId: "acme",
      eventId: "poison",
      status,
      reasonCode: "UNPROCESSABLE" as const,
      message: "no",
      fingerprint: "f",
      raw: item?.text.toString() as string,
      receipt: new Binary(Buffer.alloc(8, receipt)),
      hash: new Binary(Buffer.alloc(8, n)),
      attempts: 1,
      deaths: 1,
      correlationId: "c",
      receivedAt: new Date(),
      failedAt: new Date(),
      lastFailedAt: new Date(Date.now() + (status === "open" ? 0 : 1000)),
      worker: "w",
      history: [],
    });
    await reading.store.deadLetters.insertMany([letter("open", 1, 1), letter("discarded", 2, 2)]);
    const dead = await reading.get(path("poison"), acme);
    expect(dead.body).toMatchObject({ status: "dead", deadLetter: `${id.toString("hex")}${"01".repeat(8)}`, eventType: "SALE" });
    expect(dead.text).toContain('"payload":{"n":1.50,"big":12345678901234567890}');
    expect(await view(uuidText(id))).toEqual(dead.body);

    await reading.accept("acme", [{ eventId: "poison", type: "SALE", payload: "corrected" }]);
    expect(await view("poison")).toMatchObject({ status: "queued" });
    await store();
    expect(await view("poison")).toMatchObject({ status: "stored", payload: "corrected" });
    expect(await reading.store.deadLetters.countDocuments({ tenantId: "acme", status: "superseded" })).toBe(1);
  });

  it("that failed and waits is retrying, with the attempts so far", async () => {
    await worker?.close();
    worker = undefined;
    const [item] = await reading.accept("acme", [{ eventId: "again", type: "SALE" }]);
    const partition = (await reading.redis.hexists(reading.keys.partition(0).dedupe0, Buffer.from(item?.identity as string, "latin1")))
      ? 0
      : 1;
    const at = reading.keys.partition(partition);
    const record = await reading.redis.hgetBuffer(at.dedupe0, Buffer.from(item?.identity as string, "latin1"));
    const receipt = (record as Buffer).subarray(8, 16);
    await reading.redis.zadd(at.retryAccepted, Date.now(), receipt);
    const eventDocId = new Binary(Buffer.from(item?.id as string, "latin1"), Binary.SUBTYPE_UUID);
    await reading.store.attempts.insertMany(
      [1, 2].map((attempt) => ({
        _id: `again:${attempt}`,
        eventDocId,
        receipt: new Binary(receipt),
        tenantId: "acme",
        eventId: "again",
        attempt,
        status: "retrying" as const,
        reason_code: "FAILED",
        error_message: "no",
        duration_ms: 1,
        worker: "w",
        at: new Date(),
      })),
    );
    expect(await view("again")).toMatchObject({ status: "retrying", attempts: 2 });
    await reading.redis.zrem(at.retryAccepted, receipt);
  });
});

describe("fidelity: what was sent is read, to the letter", () => {
  const texts: [name: string, item: string, payload: string, extensions?: string][] = [
    [
      "digits",
      '{"id":"f1","type":"T","payload":{"n":12345678901234567890,"d":0.10,"e":1E400,"z":-0}}',
      '{"n":12345678901234567890,"d":0.10,"e":1E400,"z":-0}',
    ],
    ["order of integer-like keys", '{"id":"f2","type":"T","data":{"b":1,"10":2,"2":3}}', '{"b":1,"10":2,"2":3}'],
    ["__proto__", '{"id":"f3","type":"T","payload":{"__proto__":{"x":1},"a":1}}', '{"__proto__":{"x":1},"a":1}'],
    ["escapes", '{"id":"f4","type":"T","payload":{"\\u0000":"\\ud800","q":"\\"}{,"}}', '{"\\u0000":"\\ud800","q":"\\"}{,"}'],
    ["flat", '{"id":"f5", "type":"T" , "amount" : 1.50 ,"nested":[ {"a":[1,2]} ],"9":1}', '{"amount":1.50,"nested":[ {"a":[1,2]} ],"9":1}'],
    [
      "extensions",
      '{"x":10000000000000000001,"id":"f6","payload":[1.0],"type":"T","y":null}',
      "[1.0]",
      '{"x":10000000000000000001,"y":null}',
    ],
    ["null payload", '{"id":"f7","type":"T","payload":null,"big":10000000000000000001}', "null", '{"big":10000000000000000001}'],
    ["lesser names", '{"id":"f8","eventId":"f8e","type":"T","payload":7.0}', "7.0", '{"id":"f8"}'],
  ];
  for (const [name, text, payload, extensions] of texts) {
    it(name, async () => {
      const [item] = await reading.accept("faithful", [text]);
      await store();
      const { text: answer, status } = await reading.get(path(item?.eventId as string), asKey("faithful", "events:read"));
      expect(status).toBe(200);
      expect(JSON.parse(answer).status).toBe("stored");
      expect(answer).toContain(`"payload":${payload}${extensions ? `,"extensions":${extensions}` : ""}}`);
      if (!extensions) expect(answer).not.toContain("extensions");
    });
  }
});

describe("the list", () => {
  const base = Date.UTC(2026, 5, 1);
  const lists = asKey("lists", "events:read");
  beforeAll(async () => {
    // Groups of seven share a time, so that pages end in the middle of ties.
    await insertStored(
      Array.from({ length: 300 }, (_, i) => ({
        eventId: `l-${i}`,
        occurredAt: new Date(base + Math.floor(i / 7) * 60_000),
        userId: `u-${i % 3}`,
        source: i % 2 ? "till" : "web",
        eventType: i % 5 ? "SALE" : "REFUND",
        correlationId: `c-${i % 10}`,
      })),
    );
    await insertStored([{ tenantId: "other", eventId: "foreign", occurredAt: new Date(base), userId: "u-0" }]);
  });

  async function pages(query: string): Promise<EventView[][]> {
    const found: EventView[][] = [];
    let cursor: string | null = "";
    for (let n = 0; cursor !== null && n < 100; n++) {
      const { status, body } = await reading.get(`/v1/events?${query}${cursor ? `&cursor=${cursor}` : ""}`, lists);
      expect(status, JSON.stringify(body)).toBe(200);
      const page = body as { items: EventView[]; nextCursor: string | null };
      found.push(page.items);
      cursor = page.nextCursor;
    }
    return found;
  }

  it("is complete and in order, whatever the size of its pages", async () => {
    for (const [query, count] of [
      ["limit=13", 300],
      ["limit=10&order=asc", 300],
      ["limit=9&userId=u-1", 100],
      ["limit=9&userId=u-1&order=asc", 100],
      ["limit=500", 300],
    ] as const) {
      const items = (await pages(query)).flat();
      expect(items.length, query).toBe(count);
      expect(new Set(items.map(({ eventId }) => eventId)).size, query).toBe(count);
      const times = items.map(({ occurredAt, id }) => `${occurredAt}${id}`);
      expect(times, query).toEqual(query.includes("asc") ? times.toSorted() : times.toSorted().toReversed());
    }
    expect((await pages("limit=100")).map((page) => page.length)).toEqual([100, 100, 100]);
  });

  it("filters by each of its filters, alone and together", async () => {
    const count = async (query: string) => (await pages(`limit=500&${query}`)).flat().length;
    expect(await count("source=web")).toBe(150);
    expect(await count("service=web")).toBe(150);
    expect(await count("type=REFUND")).toBe(60);
    expect(await count("correlationId=c-3")).toBe(30);
    expect(await count("userId=u-0&source=web&type=REFUND")).toBe(10);
    expect(await count("from=2026-06-01T00:10:00Z&to=2026-06-01T00:20:00Z")).toBe(70);
    expect(await count("from=2026-06-01T02:10:00+02:00&to=2026-06-01T00:20:00Z")).toBe(70);
    expect(await count("userId=nobody")).toBe(0);
  });

  it("says how it was routed, and belongs to one tenant", async () => {
    expect((await reading.get("/v1/events?userId=u-0", lists)).headers["x-shards"]).toBe("targeted");
    expect((await reading.get("/events", lists)).headers["x-shards"]).toBe("scatter");
    const admin = await reading.get("/v1/events", asAdmin);
    expect([admin.status, (admin.body as { code: string }).code]).toEqual([400, "tenant-required"]);
    const chosen = await reading.get("/v1/events?userId=u-0", { ...asAdmin, "x-tenant-id": "other" });
    expect((chosen.body as { items: EventView[] }).items.map(({ eventId }) => eventId)).toEqual(["foreign"]);
    expect((await reading.get("/v1/events?tenantId=lists", asPerson("viewer"))).status).toBe(200);
    expect((await reading.get("/v1/events?tenantId=other", lists)).status).toBe(403);
    expect((await reading.get("/v1/events", asKey("lists", "events:write"))).status).toBe(403);
    expect((await reading.get("/v1/events", {})).status).toBe(401);
  });

  it("ends a page at 4 MiB; the cursor continues, by tenant and by user, forwards and backwards", async () => {
    const fill = (bytes: number) => ({ fill: "x".repeat(bytes) });
    const at = Date.UTC(2026, 2, 1);
    await insertStored([
      ...Array.from({ length: 40 }, (_, i) => ({
        tenantId: "large",
        eventId: `big-${i}`,
        // Some share a time.
        occurredAt: new Date(at + Math.floor(i / 3) * 1_000),
        payload: fill(250_000),
      })),
      { tenantId: "large", eventId: "big-40", occurredAt: new Date(at + 60_000), payload: fill(5 * 1024 * 1024) },
    ]);
    const large = asKey("large", "events:read");
    for (const query of ["", "&userId=u-1", "&order=asc", "&userId=u-1&order=asc"]) {
      const found: string[] = [];
      let pages = 0;
      for (let cursor = ""; ; pages++) {
        const { text, body: page } = await reading.get(`/v1/events?limit=500${query}${cursor && `&cursor=${cursor}`}`, large);
        const body = page as { items: EventView[]; nextCursor: string | null };
        const ids = body.items.map(({ eventId }) => eventId);
        if (ids.length > 1) expect(Buffer.byteLength(text)).toBeLessThan(4.1 * 1024 * 1024);
        found.push(...ids);
        if (body.nextCursor === null) break;
        expect(ids.length).toBeGreaterThan(0);
        cursor = body.nextCursor;
      }
      expect(new Set(found).size, query).toBe(41);
      expect(found.length).toBe(41);
      expect(found.at(query.includes("asc") ? -1 : 0)).toBe("big-40");
      expect(pages).toBeGreaterThanOrEqual(3);
    }
  }, 60_000);

  it("shows large events to the letter as it shows each alone, beside small ones", async () => {
    const filler = "é".repeat(60_000);
    const rows = Array.from({ length: 60 }, (_, n) => ({ n, price: n / 8, ok: n % 2 === 0, none: null, 'a"b': "\u2028" }));
    const at = Date.UTC(2026, 3, 1);
    await insertStored(
      Array.from({ length: 24 }, (_, i) => {
        const sent = `{"eventId":"l-${i}","type":"SALE","payload":{"fill":"${i % 3 === 0 ? filler : ""}","n":12345678901234567890, "m":1.0}}`;
        const more = i % 2 === 0 ? { text: sent, payload: {} } : { payload: { rows, fill: i % 3 === 0 ? filler : "" }, extensions: { i } };
        return { tenantId: "letters", eventId: `l-${i}`, userId: `u-${i % 2}`, occurredAt: new Date(at + Math.floor(i / 4)), ...more };
      }),
    );
    const letters = asKey("letters", "events:read");
    for (const query of ["", "?userId=u-0", "?userId=u-1&order=asc", "?limit=3"]) {
      const { text, body } = await reading.get(`/v1/events${query}`, letters);
      const { items, nextCursor } = body as { items: EventView[]; nextCursor: string | null };
      expect(items.length).toBeGreaterThan(2);
      const alone = await Promise.all(items.map(async ({ eventId }) => (await reading.get(path(eventId), letters)).text));
      expect(text).toBe(`{"items":[${alone.join(",")}],"nextCursor":${JSON.stringify(nextCursor)}}`);
    }
  });

  it.each(["limit=7", "limit=9&order=asc", "limit=8&userId=u-1", "limit=11&service=web&from=2026-06-01T00:10:00Z&to=2026-06-01T00:30:00Z"])(
    "has its pages by number, too, with the total: %s",
    async (query) => {
      const ids = (list: EventView[]) => list.map(({ id }) => id);
      const expected = ids((await pages(query)).flat());
      const limit = Number(/\d+/.exec(query)?.[0]);
      const found: string[] = [];
      for (let page = 1; page <= Math.ceil(expected.length / limit); page++) {
        const { body } = await reading.get(`/events?${query}&page=${page}`, lists);
        expect(body).toMatchObject({ page, total: expected.length });
        found.push(...ids((body as { items: EventView[] }).items));
      }
      expect(found).toEqual(expected);
      const behind = (await reading.get(`/events?${query}&page=${expected.length}`, lists)).body;
      expect(behind).toEqual({ items: [], nextCursor: null, page: expected.length, total: expected.length });
    },
  );

  it("refuses a page by number that its events do not fit into: the next one would leave some out", async () => {
    const { status, body } = await reading.get("/v1/events?limit=30&page=1", asKey("large", "events:read"));
    expect([status, (body as { detail: string }).detail]).toEqual([400, expect.stringContaining("follow nextCursor")]);
    expect((await reading.get("/v1/events?limit=4&page=2", asKey("large", "events:read"))).body).toMatchObject({ page: 2, total: 41 });
  });

  it("refuses what it does not understand", async () => {
    for (const query of [
      "page=0",
      "page=x",
      "page=2&limit=500&cursor=AAAA",
      "page=100000&limit=500",
      "limit=0",
      "limit=501",
      "limit=x",
      "cursor=AAAA",
      "cursor=!",
      "order=up",
      "from=yesterday",
      "userid=u-1",
      "source=a&service=b",
    ]) {
      const { status, body } = await reading.get(`/v1/events?${query}`, lists);
      expect([status, (body as { code: string }).code], query).toEqual([400, "invalid-request"]);
    }
  });
});
