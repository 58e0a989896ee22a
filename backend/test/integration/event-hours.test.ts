import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LocalServer, startMongo } from "@streamforge/infrastructure/local";
import { Binary } from "mongodb";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadConfig } from "../../src/config.js";
import { eventUuid, nameDigest } from "../../src/ingest/identify.js";
import type { EventDocument } from "../../src/store/documents.js";
import { eventAtPlace, mostHours, placeOf } from "../../src/store/event-hours.js";
import { createEventQueries, type FindByEventId } from "../../src/store/event-queries.js";
import { createEventStore } from "../../src/store/events.js";
import { connectStore, ensureIndexes, type Store } from "../../src/store/mongo.js";

/** Events that are spread over many hours: each is found, and a look-up stays bounded. */

const HOUR_MS = 3_600_000;
const NOW = Math.floor(Date.now() / HOUR_MS);

let dataDir: string;
let server: LocalServer;
let store: Store;
beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "sf-hours-"));
  server = await startMongo({ dataDir });
  store = await connectStore(loadConfig({ MONGODB_URI: server.url }), "hours");
  await ensureIndexes(store);
});
afterAll(async () => {
  await store?.close();
  await server?.stop();
  await rm(dataDir, { recursive: true, force: true });
});

const idAt = (tenantId: string, eventId: string) => (hourMs: number) =>
  Buffer.from(eventUuid(hourMs, nameDigest(tenantId, eventId)), "latin1");
const wanted = (tenantId: string, eventId: string): FindByEventId => ({ tenantId, eventId, idAt: idAt(tenantId, eventId) });
const never = new AbortController().signal;

function eventIn(tenantId: string, eventId: string, hour: number): EventDocument {
  const at = new Date(hour * HOUR_MS);
  const bytes = new Binary(Buffer.alloc(8));
  const _id = new Binary(idAt(tenantId, eventId)(hour * HOUR_MS), Binary.SUBTYPE_UUID);
  const about = { tenantId, eventId, eventType: "t", userId: "u", source: "s", schemaVersion: "1", specVersion: "1", correlationId: "c" };
  return {
    _id,
    ...about,
    occurredAt: at,
    receivedAt: at,
    storedAt: at,
    payload: {},
    receipt: bytes,
    hash: bytes,
  } as unknown as EventDocument;
}

async function keep(events: ReturnType<typeof createEventStore>, documents: EventDocument[]): Promise<void> {
  await events.rememberHours(documents);
  await events.insert(documents);
}

const find = async (tenantId: string, eventId: string) => {
  const queries = createEventQueries(store);
  const { event, before } = await queries.byEventId(wanted(tenantId, eventId));
  return event ?? (before === undefined ? null : queries.inOlderHours(wanted(tenantId, eventId), before, never));
};

test("a place is the event's id with the hour last, and leads back to it", () => {
  const { _id } = eventIn("t", "e", 5);
  expect(eventAtPlace(placeOf(_id)).equals(_id.buffer)).toBe(true);
});

test("hours of the past beyond the limit are not refused and not listed: their events have places, and each is found", async () => {
  const most = 50;
  const [first, second] = [createEventStore(store, most), createEventStore(store, most)];
  const past = Array.from({ length: 120 }, (_, n) => eventIn("spread", `p-${n}`, 1_000 + n * 7));
  await keep(first, past.slice(0, 40));
  await keep(second, past.slice(40));
  // Written again, after an outage: nothing is there twice.
  await second.rememberHours(past.slice(40));
  const live = Array.from({ length: 60 }, (_, n) => eventIn("spread", `l-${n}`, NOW - (n % 30)));
  await keep(first, live);
  // One that comes later into an hour that is listed needs no place.
  await keep(second, [eventIn("spread", "later", 1_000)]);
  const old = { tenantId: "spread", hour: { $lt: NOW - 48 } };
  expect(await store.eventHours.countDocuments(old)).toBeLessThanOrEqual(most);
  expect(await store.eventHours.countDocuments({ tenantId: "spread" })).toBeLessThanOrEqual(most + 30);
  expect(await store.eventPlaces.countDocuments({ tenantId: "spread" })).toBe(120 - 40);
  for (const { eventId, _id } of [...past, ...live]) {
    const { event: found } = await createEventQueries(store).byEventId(wanted("spread", eventId));
    expect(found?._id.toString("hex"), eventId).toBe(_id.toString("hex"));
  }
  expect((await find("spread", "later"))?.eventId).toBe("later");
  expect(await find("spread", "none")).toBeNull();
  expect(await find("other", "p-100")).toBeNull();
});

test("100,000 listed hours: what is new is found at once; a look-up through all of them has an end, and ends with its client", async () => {
  const hours = Array.from({ length: 100_000 }, (_, n) => ({ _id: `many:${300_000 + n}`, tenantId: "many", hour: 300_000 + n }));
  for (let from = 0; from < hours.length; from += 10_000) await store.eventHours.insertMany(hours.slice(from, from + 10_000));
  expect(await mostHours(store)).toEqual({ tenantId: "many", hours: 100_000 });
  await store.events.insertMany([eventIn("many", "old", 310_000), eventIn("many", "new", 399_500)]);
  const queries = createEventQueries(store);
  expect((await queries.byEventId(wanted("many", "new"))).event?.eventId).toBe("new");
  const { event, before } = await queries.byEventId(wanted("many", "old"));
  expect([event, before]).toEqual([null, 399_000]);
  const startedAt = performance.now();
  const found = await queries.inOlderHours(wanted("many", "old"), before as number, never).catch((error: Error) => error);
  console.log(`90 slices: ${(performance.now() - startedAt).toFixed(0)} ms`);
  // On a machine that is busy with other things it may end at its deadline, and says what helps.
  if (found instanceof Error) expect(found.message).toContain("with occurredAt");
  else expect(found?.eventId).toBe("old");
  expect((await queries.byEventId({ ...wanted("many", "old"), hourMs: 310_000 * HOUR_MS })).event?.eventId).toBe("old");

  const left = new AbortController();
  const running = queries.inOlderHours(wanted("many", "none"), before as number, left.signal).catch((error: Error) => error);
  left.abort(new Error("gone"));
  expect((await running) as Error).toHaveProperty("message", "gone");
});
