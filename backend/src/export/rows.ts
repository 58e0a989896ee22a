import { contentTexts } from "../ingest/content-texts.js";
import { uuidText } from "../ingest/identify.js";
import { normalize } from "../ingest/normalize.js";
import { parseExact } from "../lib/exact-json.js";
import type { EventDocument } from "../store/documents.js";
import { type Column, elementsOf, type SchemaElement } from "./columns.js";
import { hasRepeatedKey, type Shredded, shredPayload } from "./shred.js";

/** A row by the names of its columns; what is absent is null. */
export type Row = Record<string, unknown>;

const text = (name: string): SchemaElement => ({ name, type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "OPTIONAL" });
/** ms since 1970, UTC: the newer notation says so, the older one is for older readers. */
const time = (name: string): SchemaElement => ({
  name,
  type: "INT64",
  converted_type: "TIMESTAMP_MILLIS",
  logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MILLIS" },
  repetition_type: "OPTIONAL",
});
const whole = (name: string): SchemaElement => ({ name, type: "INT32", repetition_type: "OPTIONAL" });

/** The columns that every part has, first and in this order, under the names that the API has for them (docs/operations.md lists them). */
export const STANDARD_COLUMNS: readonly SchemaElement[] = [
  text("eventId"),
  text("id"),
  text("tenantId"),
  text("eventType"),
  text("userId"),
  text("subject"),
  text("partitionKey"),
  text("source"),
  time("occurredAt"),
  text("occurredAtSent"),
  time("receivedAt"),
  time("storedAt"),
  whole("attempts"),
  text("schemaVersion"),
  text("specVersion"),
  whole("typeVersion"),
  text("correlationId"),
  text("traceparent"),
  text("tracestate"),
  text("src_topic"),
  whole("src_partition"),
  { name: "src_offset", type: "INT64", repetition_type: "OPTIONAL" },
  text("patched"),
  text("format"),
  text("raw"),
  text("payloadJson"),
  text("extensionsJson"),
];

/** Parquet's schema of a part. @param fields typed columns of the payload; none, no column `payload` */
export function partSchema(fields: readonly Column[]): SchemaElement[] {
  const payload = fields.length === 0 ? [] : elementsOf({ name: "payload", kind: "struct", fields });
  return [
    { name: "event", num_children: STANDARD_COLUMNS.length + (fields.length === 0 ? 0 : 1) },
    ...STANDARD_COLUMNS,
    ...payload,
  ] as SchemaElement[];
}

/** The columns at the top of a part. */
export function columnNames(fields: readonly Column[]): string[] {
  return [...STANDARD_COLUMNS.map(({ name }) => name), ...(fields.length === 0 ? [] : ["payload"])];
}

/** The row of a stored event: exact, and nothing of it is left out. */
export function rowOf(event: EventDocument, fields: readonly Column[]): Row {
  const { payload, payloadJson, extensionsJson } = contentOf(event, fields);
  return {
    eventId: event.eventId,
    id: uuidText(event._id.buffer),
    tenantId: event.tenantId,
    eventType: event.eventType,
    userId: event.userId,
    subject: event.subject,
    partitionKey: event.partitionKey ?? event.subject,
    source: event.source,
    occurredAt: event.occurredAt,
    occurredAtSent: event.occurredAtText,
    receivedAt: event.receivedAt,
    storedAt: event.storedAt,
    attempts: event.attempts ?? 1,
    schemaVersion: event.schemaVersion ?? "1.0.0",
    specVersion: event.specVersion ?? "1.0",
    typeVersion: event.typeVersion,
    correlationId: event.correlationId,
    traceparent: event.traceparent,
    tracestate: event.tracestate,
    src_topic: event.src_topic,
    src_partition: event.src_partition,
    src_offset: event.src_offset === undefined ? undefined : BigInt(event.src_offset),
    patched: event.patched && JSON.stringify(event.patched),
    format: event.format ?? "json",
    raw: event.raw,
    payloadJson,
    extensionsJson,
    payload,
  };
}

interface Content {
  payload: unknown;
  payloadJson: string | undefined;
  extensionsJson: string | undefined;
}

function contentOf(event: EventDocument, fields: readonly Column[]): Content {
  const sent = event.content ?? (event.text === undefined ? undefined : sentTexts(event.text, event.receivedAt.getTime()));
  if (sent && (fields.length === 0 || hasRepeatedKey(sent.payload)))
    return { payload: undefined, payloadJson: sent.payload, extensionsJson: sent.extensions };
  const { typed, rest }: Shredded = shredPayload(sent ? parseExact(sent.payload) : event.payload, fields);
  return {
    payload: typed,
    payloadJson: JSON.stringify(rest),
    extensionsJson: sent ? sent.extensions : JSON.stringify(event.extensions),
  };
}

/** Payload and extensions as they were sent; undefined when the text is no item in JSON. */
function sentTexts(sent: string, receivedAtMs: number): ReturnType<typeof contentTexts> | undefined {
  try {
    const item = JSON.parse(sent) as Record<string, unknown>;
    // Its type was judged when it came in.
    const event = normalize(item, sent, "?", receivedAtMs);
    return Array.isArray(event) ? undefined : contentTexts(sent, item, event);
  } catch {
    return undefined;
  }
}
