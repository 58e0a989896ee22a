import { Binary } from "mongodb";
import type { NormalEvent } from "../ingest/normalize.js";
import type { EventDocument } from "../store/documents.js";
import type { StreamRecord } from "../stream/record.js";

/**
 * Text in which a parse could lose something: numbers with 16 or more digits, exponents, trailing zeros or -0; integer-like
 * keys (their order); `__proto__`; `_bsontype` (the driver reads it as a type of its own); any \u escape (U+0000 in keys, lone
 * surrogates). Cheap (0.4 µs for 300 bytes) and conservative: a false alarm only stores the text as well.
 */
const MAY_LOSE = /[:[,]\s*-?(?:[\d.]{16}|[\d.]*(?:[eE]|\.\d*0\s*[,\]}]))|[:[,]\s*-0\s*[,\]}]|"\d+"\s*:|__proto__|_bsontype|\\u/;

const FRACTION = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Builds the document of an event. `text` and `parsed` are the same item, as sent and parsed. */
export function toDocument(record: StreamRecord, text: string, event: NormalEvent, storedAt: Date): EventDocument {
  const mayLose = MAY_LOSE.test(text);
  const { context } = record;
  const doc: EventDocument = {
    _id: new Binary(record.id, Binary.SUBTYPE_UUID),
    tenantId: context.tenantId,
    eventId: record.eventId,
    eventType: event.eventType,
    userId: event.userId ?? event.partitionKey ?? event.subject ?? record.eventId,
    source: event.source ?? context.keyName,
    occurredAt: new Date(event.occurredAtMs ?? record.receivedAtMs),
    payload: mayLose ? storable(event.payload) : event.payload,
    correlationId: context.correlationId,
    receivedAt: new Date(record.receivedAtMs),
    storedAt,
    receipt: new Binary(record.receipt),
    hash: new Binary(record.hash),
  };
  if (event.userId === undefined)
    doc.userIdFrom = event.partitionKey !== undefined ? "partitionKey" : event.subject !== undefined ? "subject" : "eventId";
  if (event.subject !== undefined) doc.subject = event.subject;
  if (event.partitionKey !== undefined) doc.partitionKey = event.partitionKey;
  if (event.occurredAt === undefined) doc.occurredAtFrom = "receivedAt";
  else if (!FRACTION.test(event.occurredAt)) doc.occurredAtText = event.occurredAt;
  if (event.schemaVersion !== undefined) doc.schemaVersion = event.schemaVersion;
  if (event.specVersion !== undefined) doc.specVersion = event.specVersion;
  if (event.extensions !== undefined) doc.extensions = mayLose ? (storable(event.extensions) as Record<string, unknown>) : event.extensions;
  if (mayLose) doc.text = text;
  if (context.traceparent !== "") doc.traceparent = context.traceparent;
  if (record.attempt > 0) doc.attempts = record.attempt + 1;
  return doc;
}

/** A copy whose keys BSON can hold: U+0000 and the driver's `_bsontype` are replaced. The text keeps what was sent. */
function storable(value: unknown): unknown {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(storable);
  const copy: Record<string, unknown> = Object.create(null);
  for (const [key, child] of Object.entries(value)) copy[storableKey(key)] = storable(child);
  return copy;
}

function storableKey(key: string): string {
  return key === "_bsontype" ? "_bsontype_" : key.replaceAll("\u0000", "\u2400");
}
