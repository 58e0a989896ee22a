import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import type { JobView } from "@streamforge/shared";
import { Binary, type Collection, type Db, MongoClient } from "mongodb";
import { eventUuid, nameDigest } from "../../src/ingest/identify.js";
import type { EventDocument } from "../../src/store/documents.js";
import { hourKey, hourOfEventId } from "../../src/store/event-hours.js";
import type { Stack } from "../support/stack.js";
import { patience } from "../support/yardstick.js";

export const DAY_MS = 86_400_000;

/** What a tenant has stored, as a worker would have stored it on another day, and the ledger's minutes of it. */
export interface Past {
  db: Db;
  events: Collection<EventDocument>;
  /** Puts events there, received that many days ago, one a second. @param about what differs from event to event */
  store(tenantId: string, daysAgo: number, count: number, about?: (n: number) => Partial<EventDocument>): Promise<EventDocument[]>;
  call<T = never>(
    method: string,
    path: string,
    body?: object,
    headers?: Record<string, string>,
  ): Promise<{ status: number; body: T & { code?: string } }>;
  /** Begins a run. */
  run(body?: object): Promise<string>;
  ended(jobId: string): Promise<JobView>;
  close(): Promise<void>;
}

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const BATCH = 5_000;

export async function openPast(stack: Stack): Promise<Past> {
  const client = await new MongoClient(stack.mongo.url).connect();
  const db = client.db("streamforge");
  const events = db.collection<EventDocument>("events");
  let made = 0;

  const call: Past["call"] = async (method, path, body, headers = { "x-admin-token": stack.adminToken }) => {
    const response = await fetch(`${stack.apiUrl}${path}`, {
      method,
      headers: { ...(body ? { "content-type": "application/json" } : {}), ...headers },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return { status: response.status, body: (await response.json()) as never };
  };

  return {
    db,
    events,
    call,
    async store(tenantId, daysAgo, count, about = () => ({})) {
      const first = Date.now() - daysAgo * DAY_MS;
      const all = Array.from({ length: count }, (_, n) => eventOf(tenantId, `e-${made++}`, first + n * 1_000, about(n)));
      for (let i = 0; i < all.length; i += BATCH) await events.insertMany(all.slice(i, i + BATCH), { ordered: false });
      await remember(db, all);
      return all;
    },
    async run(body = {}) {
      const answer = await call<{ jobId: string }>("POST", "/v1/admin/retention/run", body);
      if (answer.status !== 202) throw new Error(`retention: ${answer.status} ${JSON.stringify(answer.body)}`);
      return answer.body.jobId;
    },
    async ended(jobId) {
      const deadline = Date.now() + patience(60_000);
      for (;;) {
        const { body } = await call<JobView>("GET", `/v1/admin/jobs/${jobId}`);
        if (["completed", "stopped", "cancelled", "failed"].includes(body.status)) return body;
        if (Date.now() > deadline) throw new Error(`it did not end: ${JSON.stringify(body)}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
    close: () => client.close(),
  };
}

export function eventOf(tenantId: string, eventId: string, receivedAtMs: number, more: Partial<EventDocument> = {}): EventDocument {
  const receivedAt = new Date(receivedAtMs);
  const occurredAt = more.occurredAt ?? receivedAt;
  const hourMs = occurredAt.getTime() - (occurredAt.getTime() % HOUR_MS);
  return {
    _id: new Binary(Buffer.from(eventUuid(hourMs, nameDigest(tenantId, eventId)), "latin1"), Binary.SUBTYPE_UUID),
    tenantId,
    eventId,
    eventType: "order.created",
    userId: `u-${receivedAtMs % 97}`,
    source: "test",
    occurredAt,
    payload: { n: receivedAtMs },
    correlationId: "c",
    receivedAt,
    storedAt: new Date(receivedAtMs + 20),
    receipt: new Binary(randomBytes(8)),
    hash: new Binary(randomBytes(8)),
    entry: `0/${receivedAtMs + 5}-0`,
    ...more,
  };
}

/** Hours and minutes of the ledger, as worker and archive write them. */
async function remember(db: Db, all: EventDocument[]): Promise<void> {
  const hours = new Map(all.map(({ tenantId, _id }) => [hourKey(tenantId, hourOfEventId(_id)), { tenantId, hour: hourOfEventId(_id) }]));
  const minutes = new Map<string, { minute: number; tenantId: string; n: number }>();
  for (const { tenantId, entry = "0/0" } of all) {
    const minute = Math.floor(Number.parseInt(entry.slice(2), 10) / MINUTE_MS);
    const key = `${minute}:${tenantId}`;
    minutes.set(key, { minute, tenantId, n: (minutes.get(key)?.n ?? 0) + 1 });
  }
  const hourWrites = [...hours].map(([_id, hour]) => ({
    updateOne: { filter: { _id }, update: { $setOnInsert: hour }, upsert: true },
  }));
  const minuteWrites = [...minutes].map(([_id, { minute, tenantId, n }]) => ({
    updateOne: {
      filter: { _id },
      update: {
        $inc: { accepted: n, stored: n, "parts.0_test.accepted": n, "parts.0_test.stored": n },
        $set: {
          minute,
          tenantId,
          duplicate: 0,
          dead: 0,
          "parts.0_test.duplicate": 0,
          "parts.0_test.dead": 0,
          missing: 0,
          unacknowledged: 0,
          expires: new Date(minute * MINUTE_MS),
        },
      },
      upsert: true,
    },
  }));
  await db.collection<{ _id: string }>("event_hours").bulkWrite(hourWrites, { ordered: false });
  for (let i = 0; i < minuteWrites.length; i += BATCH)
    await db.collection<{ _id: string }>("ledger").bulkWrite(minuteWrites.slice(i, i + BATCH), { ordered: false });
}
