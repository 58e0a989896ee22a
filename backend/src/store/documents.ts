import type { EventFormat, LetterStatus, ReasonCode } from "@streamforge/shared";
import type { Binary } from "mongodb";

/** The documents of each collection, exactly as they are stored. */

/** A stored event. Fields that the producer did not send are absent; reads fill in the defaults. */
export interface EventDocument {
  /** UUIDv8: hour of occurredAt, digest of tenant and eventId. */
  _id: Binary;
  tenantId: string;
  eventId: string;
  eventType: string;
  /** The shard key: userId, else partitionKey, else subject, else eventId. */
  userId: string;
  /** Set when `userId` above is a substitute. */
  userIdFrom?: "partitionKey" | "subject" | "eventId";
  subject?: string;
  partitionKey?: string;
  source: string;
  occurredAt: Date;
  /** occurredAt as sent, an epoch number as its decimal; absent when it is the canonical form of the date, or when none was sent (`occurredAtFrom`). */
  occurredAtText?: string;
  /** Set when occurredAt is the time of receipt. */
  occurredAtFrom?: "receivedAt";
  schemaVersion?: string;
  specVersion?: string;
  payload: unknown;
  extensions?: Record<string, unknown>;
  /** The item exactly as sent, when it is JSON and parsing it could lose something. */
  text?: string;
  /** What the item was written in, when that is not JSON, and the item exactly as it was sent. */
  format?: EventFormat;
  raw?: string;
  /** Of such an item payload and extensions as JSON text, when parsing that could lose something. */
  content?: { payload: string; extensions: string | undefined };
  correlationId: string;
  traceparent?: string;
  tracestate?: string;
  receivedAt: Date;
  storedAt: Date;
  /** Names this acceptance; 8 bytes. */
  receipt: Binary;
  /** First 8 bytes of SHA-256 over the item's text as sent. */
  hash: Binary;
  /** How many attempts it took, when more than one. */
  attempts?: number;
  /** `<partition>/<id>` of the stream entry it was stored from, whose id begins with the ms of its append by Redis's clock; absent after a replay. */
  entry?: string;
  /** When it was accepted first, by Redis's clock, if `entry` is that of a retry. */
  acceptedAt?: Date;
  /** Where Kafka has it; absent when it came by HTTP. */
  src_topic?: string;
  src_partition?: number;
  src_offset?: number;
  /** Version of its type's JSON Schema that its payload was checked against; absent when the type was not registered. */
  typeVersion?: number;
  /** Set when what is stored is a replay with a patch: which replay, by whom, and the dead letter (`_id`, hex) that holds what was sent. */
  patched?: { replayId: string; by: string; from: string };
}

/** One hour in which a tenant has events; a look-up by eventId makes its candidates from these. */
export interface EventHourDocument {
  /** `<tenantId>:<hour>`, hours since 1970. */
  _id: string;
  tenantId: string;
  hour: number;
  /** When events of it last went by retention; absent: none ever did. */
  expiredAt?: Date;
}

/** Where one event is, of a tenant whose events lie in more hours than `MAX_EVENT_HOURS_PER_TENANT` (see `event-hours.ts`). */
export interface EventPlaceDocument {
  /** The event's `_id` with its hour last. */
  _id: Binary;
  tenantId: string;
}

export interface DeadLetterDocument {
  /** Event id and body hash, 24 bytes: two workers cannot write one letter twice. */
  _id: Binary;
  eventDocId: Binary;
  tenantId: string;
  eventId: string;
  eventType?: string;
  userId?: string;
  source?: string;
  status: LetterStatus;
  reasonCode: ReasonCode;
  message: string;
  /** Reason, type and normalised message: one cause, one value. */
  fingerprint: string;
  /** The item exactly as sent; of the format `bytes` in base64. */
  raw: string;
  /** How `raw` is to be read; absent: as JSON. */
  format?: Exclude<EventFormat, "json">;
  /** Where Kafka has it: `topic/partition/offset`. */
  origin?: string;
  /** What the request brought along besides the item, so that a replay makes the same event of it. */
  context?: { keyName: string; defaultType: string; traceparent: string; tracestate?: string };
  receipt: Binary;
  hash: Binary;
  /** Where the acceptance that died was accepted: as in an event. Absent in letters of older versions. */
  entry?: string;
  acceptedAt?: Date;
  attempts: number;
  /** How often an acceptance of this body died. */
  deaths: number;
  correlationId: string;
  receivedAt: Date;
  failedAt: Date;
  lastFailedAt: Date;
  worker: string;
  /** Where its payload does not fit the schema of its type; SCHEMA_INVALID only. */
  failures?: { pointer: string; detail: string }[];
  /** The last replay that took it, and what came of it; `outcome` is absent while the replay has it in hand. */
  replay?: { id: string; outcome?: ReplayOutcome; at: Date };
  /** Its event was stored after this acceptance was counted as dead, by a worker that woke up late. */
  storedLate?: true;
  /** Why somebody discarded it. */
  discardReason?: string;
  history: { at: Date; who: string; what: string }[];
}

/**
 * What a replay did with one letter: its event was stored now; it was stored before (an unchanged resend); another body was
 * stored under its identity (the letter is superseded); it failed again (the letter is open again).
 */
export type ReplayOutcome = "stored" | "already-stored" | "superseded" | "failed";

/** One part of an export: a Parquet file (see `export/parts.ts`). */
export interface ExportPartDocument {
  /** `<job>/<unit>/<part>`. */
  _id: string;
  jobId: string;
  tenantId: string;
  /** Which stretch of the job it belongs to, from 1 on. */
  unit: number;
  target: "local" | "s3";
  /** Where it is: a path, or `s3://bucket/key`. */
  location: string;
  /** Below the root of the target. */
  key: string;
  /** Below the root of its data set, as in the manifest. */
  path: string;
  eventType: string;
  rows: number;
  bytes: number;
  /** Hex. */
  sha256: string;
  minOccurredAt: Date;
  maxOccurredAt: Date;
  minStoredAt: Date;
  maxStoredAt: Date;
  at: Date;
  /** Until the job's row is behind its unit: a worker that finds it so then removes it. */
  pending?: true;
}

/** One attempt that failed. */
export interface AttemptDocument {
  /** `<event id hex><receipt hex>:` and which attempt: `<place of the stream entry>:<status>`, or the letter's attempt that a replay made. */
  _id: string;
  eventDocId: Binary;
  receipt: Binary;
  tenantId: string;
  eventId: string;
  attempt: number;
  status: "retrying" | "dead";
  reason_code: string;
  error_message: string;
  duration_ms: number;
  worker: string;
  at: Date;
}
