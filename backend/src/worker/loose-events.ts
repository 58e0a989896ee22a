import { Buffer, isUtf8 } from "node:buffer";
import type { Binary } from "mongodb";
import { isEpoch } from "../ingest/normalize.js";
import type { DeadLetterDocument, EventDocument } from "../store/documents.js";
import type { Accepted } from "../store/erasure-watch.js";
import type { Consumer } from "../stream/consumer.js";
import { eventContext, looseRecord, type StreamRecord } from "../stream/record.js";
import type { Batch, WorkEvent } from "./batch.js";

/** Dead letters and stored events in the form that the steps of the pipeline take. */

/**
 * Letters from before `context` was kept know the event's source and type, if they got that far.
 * @param patched the JSON that a patch made of the letter; absent: the letter as it was sent
 */
export function recordOfLetter(letter: DeadLetterDocument, patched?: string): StreamRecord {
  const { keyName = letter.source ?? "", defaultType = letter.eventType ?? "", traceparent = "", ...state } = letter.context ?? {};
  const { tenantId, correlationId, eventDocId, eventId, hash, receipt, receivedAt, origin } = letter;
  // Bytes that could not be read are tried as JSON, in which they may have been meant.
  const format = patched === undefined && letter.format !== "bytes" ? (letter.format ?? "json") : "json";
  const source = {
    receivedAtMs: receivedAt.getTime(),
    id: latin1(eventDocId),
    identity: latin1(eventDocId),
    hash: latin1(hash),
    eventId,
    context: eventContext({
      ...{ tenantId, keyName, defaultType, correlationId, traceparent, ...state, format },
      ...(origin !== undefined && { origin }),
    }),
    text: Buffer.from(patched ?? textOfLetter(letter)),
  };
  return looseRecord(source, Buffer.from(receipt.buffer), letter.attempts);
}

/** What was sent, as text. What is none stays in base64, and is no event either way. */
export function textOfLetter({ raw, format }: Pick<DeadLetterDocument, "raw" | "format">): string {
  const bytes = format === "bytes" ? Buffer.from(raw, "base64") : undefined;
  return bytes && isUtf8(bytes) ? bytes.toString("utf8") : raw;
}

export function recordOfEvent(event: EventDocument): StreamRecord {
  const { tenantId, correlationId, traceparent = "", tracestate, eventId, source: keyName, eventType: defaultType } = event;
  const state = tracestate === undefined ? {} : { tracestate };
  const source = {
    receivedAtMs: event.receivedAt.getTime(),
    id: latin1(event._id),
    identity: latin1(event._id),
    hash: latin1(event.hash),
    eventId,
    context: eventContext({ tenantId, keyName, defaultType, correlationId, traceparent, ...state, format: event.format ?? "json" }),
    text: Buffer.from(event.raw ?? event.text ?? JSON.stringify(itemOf(event))),
  };
  return looseRecord(source, Buffer.from(event.receipt.buffer), 0);
}

/** The item again, from what was made of it: under the preferred names, which win over whatever the extensions hold. */
function itemOf(event: EventDocument): Record<string, unknown> {
  const { extensions, eventId, eventType, subject, partitionKey, source, schemaVersion, specVersion, payload } = event;
  const userId = event.userIdFrom === undefined ? event.userId : undefined;
  const sentAt = event.occurredAtText;
  const occurredAt = event.occurredAtFrom ? undefined : sentAt && !isEpoch(sentAt) ? sentAt : event.occurredAt.toISOString();
  return { ...extensions, eventId, eventType, userId, subject, partitionKey, source, occurredAt, schemaVersion, specVersion, payload };
}

function latin1(bytes: Binary): string {
  return Buffer.from(bytes.buffer).toString("latin1");
}

/** No entry and no consumer stand behind it: nothing of it is ever settled. */
const NO_CONSUMER = Object.freeze({}) as Consumer;

/** @param accepted where it was, for a letter: its erasure may be under way */
export function workOf(record: StreamRecord, accepted?: Accepted): WorkEvent {
  const entry = { id: "replay", acceptedAtMs: record.receivedAtMs, records: [record], deliveries: 1 };
  return { entry, record, event: undefined, document: undefined, met: false, outcome: undefined, ...(accepted ? { accepted } : {}) };
}

export function batchOf(events: WorkEvent[]): Batch {
  return { consumer: NO_CONSUMER, entries: events.map(({ entry }) => entry), events, startedAtMs: Date.now() };
}
