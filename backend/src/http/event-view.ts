import type { EventFormat, EventView } from "@streamforge/shared";
import { BSON } from "mongodb";
import { type ContentTexts, contentTexts } from "../ingest/content-texts.js";
import { readText } from "../ingest/decode/read-text.js";
import { uuidText } from "../ingest/identify.js";
import { isEpoch, type NormalEvent, normalize } from "../ingest/normalize.js";
import type { DeadLetterDocument, EventDocument } from "../store/documents.js";

/**
 * A stored event as JSON text. Text, not an object: where the event keeps the item as it was sent, payload and extensions are
 * passed on from there to the letter, so that a producer who sent 12345678901234567890 reads 12345678901234567890.
 */
export function storedEventJson(doc: EventDocument): string {
  const view: EventView = {
    eventId: doc.eventId,
    id: uuidText(doc._id.buffer),
    tenantId: doc.tenantId,
    status: "stored",
    receivedAt: doc.receivedAt.toISOString(),
    storedAt: doc.storedAt.toISOString(),
    processedAt: doc.storedAt.toISOString(),
    attempts: doc.attempts ?? 1,
    entry: doc.entry,
    appendedAt: doc.entry && new Date(Number.parseInt(doc.entry.slice(doc.entry.indexOf("/") + 1), 10)).toISOString(),
    durationMs: Math.max(0, doc.storedAt.getTime() - doc.receivedAt.getTime()),
    eventType: doc.eventType,
    userId: doc.userId,
    subject: doc.subject,
    partitionKey: doc.partitionKey ?? doc.subject,
    ...timesOf(doc.occurredAtText, doc.occurredAt.getTime()),
    source: doc.source,
    schemaVersion: doc.schemaVersion ?? DEFAULTS.schemaVersion,
    specVersion: doc.specVersion ?? DEFAULTS.specVersion,
    correlationId: doc.correlationId,
    traceparent: doc.traceparent,
    tracestate: doc.tracestate,
    typeVersion: doc.typeVersion,
    src_topic: doc.src_topic,
    src_partition: doc.src_partition,
    src_offset: doc.src_offset,
    patched: doc.patched,
    format: doc.format,
    raw: doc.raw,
  };
  if (doc.content) return withContent(view, doc.content);
  return withContent(
    view,
    doc.text === undefined ? parsedContent(doc.payload, doc.extensions) : sentContent(doc.text, doc.receivedAt.getTime()),
  );
}

/** @param document a stored event as MongoDB keeps it */
export function eventJson(document: Uint8Array): string {
  return storedEventJson(BSON.deserialize(document) as EventDocument);
}

/** An event that is a dead letter, as JSON text. What could not be made out of its text is absent. */
export function deadEventJson(letter: DeadLetterDocument): string {
  const sent = parse(letter.raw, letter.receivedAt.getTime(), letter.format);
  const view: EventView = {
    eventId: letter.eventId,
    id: uuidText(letter.eventDocId.buffer),
    tenantId: letter.tenantId,
    status: "dead",
    receivedAt: letter.receivedAt.toISOString(),
    attempts: letter.attempts,
    eventType: letter.eventType ?? sent?.event.eventType,
    userId: letter.userId,
    subject: sent?.event.subject,
    partitionKey: sent?.event.partitionKey ?? sent?.event.subject,
    ...(sent?.event.occurredAtMs === undefined ? {} : timesOf(sent.event.occurredAt, sent.event.occurredAtMs)),
    source: letter.source ?? sent?.event.source,
    schemaVersion: sent?.event.schemaVersion,
    specVersion: sent?.event.specVersion,
    correlationId: letter.correlationId,
    traceparent: letter.context?.traceparent || undefined,
    tracestate: letter.context?.tracestate,
    deadLetter: letter._id.toString("hex"),
    format: letter.format,
    raw: letter.format && letter.raw,
  };
  return withContent(view, sent && contentTexts(sent.json, sent.item, sent.event));
}

/** As it was sent; of an epoch number the time that it says, and the number beside it. */
function timesOf(sent: string | undefined, ms: number): Pick<EventView, "occurredAt" | "occurredAtSent"> {
  const utc = () => new Date(ms).toISOString();
  return sent !== undefined && isEpoch(sent) ? { occurredAt: utc(), occurredAtSent: sent } : { occurredAt: sent ?? utc() };
}

const DEFAULTS = { schemaVersion: "1.0.0", specVersion: "1.0" } as const;

function withContent(view: EventView, content: ContentTexts | undefined): string {
  const fields = JSON.stringify(view);
  if (!content) return fields;
  const extensions = content.extensions === undefined ? "" : `,"extensions":${content.extensions}`;
  return `${fields.slice(0, -1)},"payload":${content.payload}${extensions}}`;
}

function parsedContent(payload: unknown, extensions: unknown): ContentTexts {
  return { payload: JSON.stringify(payload) ?? "null", extensions: JSON.stringify(extensions) };
}

function sentContent(text: string, receivedAtMs: number): ContentTexts {
  const sent = parse(text, receivedAtMs);
  if (!sent) throw new Error("the text of a stored event is not an event");
  return contentTexts(sent.json, sent.item, sent.event);
}

interface Sent {
  item: Record<string, unknown>;
  json: string;
  event: NormalEvent;
}

function parse(text: string, receivedAtMs: number, format: EventFormat = "json"): Sent | undefined {
  try {
    const { value: item, json } = readText(format, text);
    // Its type was judged when it came in.
    const event = normalize(item, json, "?", receivedAtMs);
    return Array.isArray(event) ? undefined : { item, json, event };
  } catch {
    return undefined;
  }
}
