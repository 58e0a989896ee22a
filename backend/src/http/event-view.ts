import type { EventView } from "@streamforge/shared";
import { uuidText } from "../ingest/identify.js";
import { type NormalEvent, normalize } from "../ingest/normalize.js";
import { type Member, membersOf, wholeValue } from "../lib/json-text.js";
import type { DeadLetterDocument, EventDocument } from "../store/documents.js";

/** Payload and extensions as JSON text. */
interface Content {
  payload: string;
  extensions: string | undefined;
}

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
    occurredAt: doc.occurredAtText ?? doc.occurredAt.toISOString(),
    source: doc.source,
    schemaVersion: doc.schemaVersion ?? DEFAULTS.schemaVersion,
    specVersion: doc.specVersion ?? DEFAULTS.specVersion,
    correlationId: doc.correlationId,
    traceparent: doc.traceparent,
    typeVersion: doc.typeVersion,
    patched: doc.patched,
  };
  return withContent(view, doc.text === undefined ? parsedContent(doc.payload, doc.extensions) : sentContent(doc.text));
}

/** An event that is a dead letter, as JSON text. What could not be made out of its text is absent. */
export function deadEventJson(letter: DeadLetterDocument): string {
  const sent = parse(letter.raw);
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
    occurredAt: sent?.event.occurredAt,
    source: letter.source ?? sent?.event.source,
    schemaVersion: sent?.event.schemaVersion,
    specVersion: sent?.event.specVersion,
    correlationId: letter.correlationId,
    deadLetter: letter._id.toString("hex"),
  };
  return withContent(view, sent && contentOf(sent.item, sent.event, letter.raw));
}

const DEFAULTS = { schemaVersion: "1.0.0", specVersion: "1.0" } as const;

function withContent(view: EventView, content: Content | undefined): string {
  const fields = JSON.stringify(view);
  if (!content) return fields;
  const extensions = content.extensions === undefined ? "" : `,"extensions":${content.extensions}`;
  return `${fields.slice(0, -1)},"payload":${content.payload}${extensions}}`;
}

function parsedContent(payload: unknown, extensions: unknown): Content {
  return { payload: JSON.stringify(payload) ?? "null", extensions: JSON.stringify(extensions) };
}

function sentContent(text: string): Content {
  const sent = parse(text);
  if (!sent) throw new Error("the text of a stored event is not an event");
  return contentOf(sent.item, sent.event, text);
}

function parse(text: string): { item: Record<string, unknown>; event: NormalEvent } | undefined {
  try {
    const item = JSON.parse(text) as Record<string, unknown>;
    // Its type and time were judged when it came in; here only the shape counts.
    const event = normalize(item, "?", Number.POSITIVE_INFINITY);
    return Array.isArray(event) ? undefined : { item, event };
  } catch {
    return undefined;
  }
}

/** The same fields that `normalize` chose, from the text. */
function contentOf(item: Record<string, unknown>, event: NormalEvent, text: string): Content {
  const members = membersOf(text, wholeValue(text).start);
  const named = payloadName(item);
  if (named === undefined) return { payload: objectOf(text, members, event.payload as object), extensions: undefined };
  // Of a repeated key the last one counts, as in a parse.
  const payload = members.findLast(({ key }) => key === named) as Member;
  return { payload: text.slice(payload.start, payload.end), extensions: event.extensions && objectOf(text, members, event.extensions) };
}

/** Which field is the payload; undefined when the rest of a flat event is. */
function payloadName(item: Record<string, unknown>): "payload" | "data" | undefined {
  if (item.payload !== undefined && item.payload !== null) return "payload";
  if (item.data !== undefined && item.data !== null) return "data";
  if (item.payload === null) return "payload";
  return item.data === null ? "data" : undefined;
}

function objectOf(text: string, members: Member[], keys: object): string {
  const kept = members.filter(({ key }) => Object.hasOwn(keys, key));
  return `{${kept.map(({ key, start, end }) => `${JSON.stringify(key)}:${text.slice(start, end)}`).join(",")}}`;
}
