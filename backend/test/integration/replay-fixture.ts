import { Buffer } from "node:buffer";
import { createHash, randomBytes } from "node:crypto";
import type { ReplayView } from "@streamforge/shared";
import { Binary, type Collection, MongoClient } from "mongodb";
import type { AttemptDocument, DeadLetterDocument, EventDocument, EventHourDocument } from "../../src/store/documents.js";
import type { Stack } from "../support/stack.js";
import { patience } from "../support/yardstick.js";

/** The collections of a stack, letters made for the test, and the API as an operator calls it. */
export interface Replays {
  letters: Collection<DeadLetterDocument>;
  events: Collection<EventDocument>;
  hours: Collection<EventHourDocument>;
  attempts: Collection<AttemptDocument>;
  tenantId: string;
  /** Inserts letters of events `<prefix>-<n>`; `broken` ones fail again unless they are patched. */
  die(
    count: number,
    options?: { prefix?: string; broken?: boolean; more?: object; letter?: Partial<DeadLetterDocument> },
  ): Promise<DeadLetterDocument[]>;
  post<T = { replayId: string; selected: number }>(path: string, body?: object, headers?: Record<string, string>): Promise<Answer<T>>;
  get(replayId: string): Promise<ReplayView>;
  /** Waits until it has ended (or has this status). */
  ended(replayId: string, status?: ReplayView["status"], withinMs?: number): Promise<ReplayView>;
  byStatus(): Promise<Record<string, number>>;
  /** Everything in MongoDB, to compare. */
  everything(): Promise<string>;
  close(): Promise<void>;
}

export interface Answer<T> {
  status: number;
  headers: Headers;
  body: T & { code?: string; detail?: string; errors?: { pointer: string; detail: string }[] };
}

let tenants = 0;

export async function openReplays(stack: Stack): Promise<Replays> {
  const client = await new MongoClient(stack.mongo.url).connect();
  const db = client.db("streamforge");
  const letters = db.collection<DeadLetterDocument>("events_dlq");
  const events = db.collection<EventDocument>("events");
  const tenantId = `replay-${process.pid}-${tenants++}`;
  const admin = { "x-admin-token": stack.adminToken };

  const post: Replays["post"] = async (path, body = {}, headers = admin) => {
    const response = await fetch(`${stack.apiUrl}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
    return { status: response.status, headers: response.headers, body: (await response.json()) as never };
  };
  const get: Replays["get"] = async (replayId) => {
    const response = await fetch(`${stack.apiUrl}/v1/admin/replay/${replayId}`, { headers: admin });
    // Anything else would be taken for progress: these tests look more often than an administrator may (ADMIN_REQUESTS_PER_MINUTE).
    if (!response.ok) throw new Error(`GET replay ${replayId}: ${response.status} ${await response.text()}`);
    return (await response.json()) as ReplayView;
  };

  return {
    letters,
    events,
    hours: db.collection<EventHourDocument>("event_hours"),
    attempts: db.collection<AttemptDocument>("processing_attempts"),
    tenantId,
    post,
    get,
    async die(count, { prefix = "e", broken = false, more = {}, letter = {} } = {}) {
      const made = Array.from({ length: count }, (_, n) => letterOf(tenantId, `${prefix}-${n}`, broken, more, letter, n));
      await letters.insertMany(made);
      return made;
    },
    async ended(replayId, status, withinMs = 30_000) {
      const deadline = Date.now() + patience(withinMs);
      for (;;) {
        const found = await get(replayId);
        if (status ? found.status === status : ["completed", "stopped", "cancelled", "failed"].includes(found.status)) return found;
        if (Date.now() > deadline) throw new Error(`${status ?? "ended"} did not come: ${JSON.stringify(found)}`);
        await sleep(50);
      }
    },
    async byStatus() {
      const found = await letters.aggregate([{ $match: { tenantId } }, { $group: { _id: "$status", count: { $sum: 1 } } }]).toArray();
      return Object.fromEntries(found.map(({ _id, count }) => [_id, count]));
    },
    async everything() {
      const all = await Promise.all(
        ["events", "events_dlq", "processing_attempts", "event_hours"].map((name) => db.collection(name).find().sort({ _id: 1 }).toArray()),
      );
      return JSON.stringify(all);
    },
    close: () => client.close(),
  };
}

const BASE = Date.UTC(2026, 0, 1);

export function letterOf(
  tenantId: string,
  eventId: string,
  broken: boolean,
  more: object,
  given: Partial<DeadLetterDocument>,
  n: number,
): DeadLetterDocument {
  const raw = JSON.stringify({
    eventId,
    eventType: "order.created",
    userId: `user-${n % 50}`,
    occurredAt: broken ? "yesterday" : new Date(BASE + n * 1_000).toISOString(),
    payload: { n, amount: "12" },
    ...more,
  });
  const hash = createHash("sha256").update(raw).digest().subarray(0, 8);
  const id = eventUuid(BASE, tenantId, eventId);
  const at = new Date(Date.now() - 60_000 + n);
  return {
    _id: new Binary(Buffer.concat([id, hash])),
    eventDocId: new Binary(id, Binary.SUBTYPE_UUID),
    tenantId,
    eventId,
    eventType: "order.created",
    userId: `user-${n % 50}`,
    source: "till",
    status: "open",
    reasonCode: "UNPROCESSABLE",
    message: "made for the test",
    fingerprint: "0123456789abcdef",
    raw,
    context: { keyName: "till", defaultType: "", traceparent: "" },
    receipt: new Binary(randomBytes(8)),
    hash: new Binary(hash),
    attempts: 1,
    deaths: 1,
    correlationId: "corr",
    receivedAt: at,
    failedAt: at,
    lastFailedAt: at,
    worker: "test",
    history: [{ at, who: "test", what: "dead letter: UNPROCESSABLE" }],
    ...given,
  };
}

/** Another body of a letter's event, as live traffic stores it, a day later. */
export function inAnotherHour({ tenantId, eventId, userId = "" }: DeadLetterDocument): EventDocument {
  const hourMs = BASE + 86_400_000;
  return {
    _id: new Binary(eventUuid(hourMs, tenantId, eventId), Binary.SUBTYPE_UUID),
    tenantId,
    eventId,
    userId,
    eventType: "order.created",
    source: "till",
    occurredAt: new Date(hourMs),
    payload: { corrected: true },
    correlationId: "corr",
    receivedAt: new Date(),
    storedAt: new Date(),
    receipt: new Binary(randomBytes(8)),
    hash: new Binary(randomBytes(8)),
    entry: "0/1-0",
  };
}

/** What says that a tenant has events in the hour of this one. */
export function hourOf({ tenantId, _id }: EventDocument): EventHourDocument {
  const hour = Buffer.from(_id.buffer).readUIntBE(0, 6) / 3_600_000;
  return { _id: `${tenantId}:${hour}`, tenantId, hour };
}

/** As `ingest/identify.ts` makes it: UUIDv8 of the hour and the digest of tenant and eventId. */
function eventUuid(hourMs: number, tenantId: string, eventId: string): Buffer {
  const digest = createHash("sha256").update(`${tenantId}\0${eventId}`).digest();
  const id = Buffer.alloc(16);
  id.writeUIntBE(hourMs, 0, 6);
  id[6] = 0x80 | ((digest[0] as number) & 15);
  id[7] = digest[1] as number;
  id[8] = 0x80 | ((digest[2] as number) & 63);
  digest.copy(id, 9, 3, 10);
  return id;
}

export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
