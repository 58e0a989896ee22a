import { Buffer } from "node:buffer";
import { setImmediate as turn } from "node:timers/promises";
import { qualityOf } from "../lib/accept.js";
import { membersOf } from "../lib/json-text.js";

/** One event, and a list, as CloudEvents 1.0 in JSON. */
export const CLOUD_EVENT = "application/cloudevents+json";
export const CLOUD_EVENT_BATCH = "application/cloudevents-batch+json";

/** Whether a request would rather have this type than plain JSON. */
export function wants(accept: string | undefined, type: typeof CLOUD_EVENT | typeof CLOUD_EVENT_BATCH): boolean {
  const quality = qualityOf(accept, type);
  return quality > 0 && quality >= qualityOf(accept, "application/json");
}

const ATTRIBUTE = /^[a-z0-9]{1,20}$/;
/** What the spec gives a meaning, or what is made of our own fields: no extension may take its place. */
const TAKEN = new Set(
  "specversion id source type subject time datacontenttype dataschema data partitionkey userid correlationid schemaversion traceparent tracestate".split(
    " ",
  ),
);

/** Attribute → field of an event's view. */
const FIELDS: [attribute: string, field: string][] = [
  ["type", "eventType"],
  ["subject", "subject"],
  ["partitionkey", "partitionKey"],
  ["userid", "userId"],
  ["correlationid", "correlationId"],
  ["schemaversion", "schemaVersion"],
  ["traceparent", "traceparent"],
  ["tracestate", "tracestate"],
];

/**
 * An event as a CloudEvent. One that was sent as a CloudEvent is what was sent. Of any other the payload is `data`, to the letter;
 * extensions that can be attributes are, all others stand together in `extensions`, as JSON text.
 * @param view the JSON text of an event's view
 */
export function cloudEventOf(view: string): string {
  const fields = textsOf(view);
  if (fields.get("format") === '"cloudevent"' && fields.has("raw")) return JSON.parse(fields.get("raw") as string) as string;
  const attributes = new Map<string, string>([
    ["specversion", '"1.0"'],
    ["id", fields.get("eventId") as string],
    ["source", JSON.stringify(uriOf(JSON.parse(fields.get("source") ?? '"unknown"') as string))],
    ["time", fields.get("occurredAt") ?? (fields.get("receivedAt") as string)],
    ["datacontenttype", '"application/json"'],
  ]);
  for (const [attribute, field] of FIELDS) {
    const text = fields.get(field);
    if (text !== undefined) attributes.set(attribute, text);
  }
  const others: string[] = [];
  for (const [name, text] of textsOf(fields.get("extensions") ?? "{}")) {
    if (ATTRIBUTE.test(name) && !TAKEN.has(name) && /^("|true|false|-?\d{1,9}$)/.test(text)) attributes.set(name, text);
    else others.push(`${JSON.stringify(name)}:${text}`);
  }
  if (others.length > 0) attributes.set("extensions", JSON.stringify(`{${others.join(",")}}`));
  const payload = fields.get("payload");
  if (payload !== undefined) attributes.set("data", payload);
  return `{${[...attributes].map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(",")}}`;
}

/** Bytes of events that are made into CloudEvents in one turn of the event loop. */
const TURN_BYTES = 256 * 1024;

/** The events of a page as a JSON array. @param views JSON of their views */
export async function cloudEventBatch(views: readonly Buffer[]): Promise<Buffer> {
  const parts: string[] = [];
  let bytes = 0;
  for (const view of views) {
    parts.push(cloudEventOf(view.toString("utf8")));
    bytes += view.length;
    if (bytes < TURN_BYTES) continue;
    bytes = 0;
    await turn();
  }
  return Buffer.from(`[${parts.join(",")}]`);
}

/** The members of an object, each as JSON text. */
function textsOf(json: string): Map<string, string> {
  return new Map(membersOf(json, 0).map(({ key, start, end }) => [key, json.slice(start, end)]));
}

/** `source` is a URI reference: what cannot stand in one is percent-encoded. */
function uriOf(source: string): string {
  return /^[\w\-.~:/?#[\]@!$&'()*+,;=%]+$/.test(source) ? source : encodeURI(source);
}
