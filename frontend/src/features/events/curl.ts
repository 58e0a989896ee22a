import type { EventView } from "@streamforge/shared";

/** Stands where the secret belongs: keys are shown once, when they are made. */
const KEY = "YOUR_API_KEY";

/** Quotes for a POSIX shell. */
export const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

const TYPES: Record<string, string> = { xml: "application/xml" };

/** A line for a shell that sends a body. @param format what the body is written in */
export function curlOf(origin: string, body: string, format = "json"): string {
  return [
    `curl ${origin}/v1/events \\`,
    `  -H 'Authorization: Bearer ${KEY}' \\`,
    `  -H 'Content-Type: ${TYPES[format] ?? "application/json"}' \\`,
    `  -d ${quoted(body)}`,
  ].join("\n");
}

/** Another id for an event that has one of its own to keep; at most as long as an id may be. */
export const anotherId = (eventId: string) => `${eventId}-again`.slice(-200);

/**
 * A stored event as a body to send again, under another eventId: with its own it would be another text under the same identity,
 * which is refused as a conflict, or becomes a dead letter once the dedupe window is over.
 */
export function bodyAgain(event: EventView): string {
  const { eventId, eventType, userId, subject, partitionKey, occurredAt, source, schemaVersion, payload, extensions } = event;
  const fields = {
    eventId: anotherId(eventId),
    eventType,
    userId,
    subject,
    partitionKey,
    occurredAt,
    source,
    schemaVersion,
    payload,
  };
  return JSON.stringify({ ...extensions, ...fields });
}
