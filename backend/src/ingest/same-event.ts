import type { EventFormat } from "@streamforge/shared";
import { canonicalContent } from "../lib/canonical.js";
import { contentTexts } from "./content-texts.js";
import { readText } from "./decode/read-text.js";
import { canonicalJson } from "./identify.js";
import { mayBeInexact, type NormalEvent, normalize } from "./normalize.js";

/** An event as it was sent, with what the request brought along. */
export interface SentEvent {
  text: string;
  format: EventFormat;
  /** Name of the API key: the default of `source`. */
  keyName: string;
  defaultType: string;
  receivedAtMs: number;
}

/** What is stored of an event whose text was not kept, because a parse of it loses nothing. */
export interface StoredFields {
  eventType: string;
  userId: string;
  userIdFrom?: string;
  subject?: string;
  partitionKey?: string;
  source: string;
  occurredAt: Date;
  occurredAtText?: string;
  occurredAtFrom?: string;
  schemaVersion?: string;
  specVersion?: string;
  payload: unknown;
  extensions?: Record<string, unknown>;
}

/** What an event says, from its text or from what is stored of it. */
export type Content = { sent: SentEvent } | { stored: StoredFields };

/** The form of either. @returns undefined when the text is no event */
export function formOf(content: Content): string | undefined {
  return "sent" in content ? formOfSent(content.sent) : formOfStored(content.stored);
}

/**
 * The one form of what an event says, as it would be stored: two events of one identity have the same exactly when nothing that is
 * stored would differ. Numbers are decimals, keys stand in order, white space and escapes do not count, and neither does by which of
 * its names a field was sent. An absent field is unlike one that has the default, but for `eventType` and `source`.
 * @returns undefined when the text is no event
 */
export function formOfSent({ text, format, keyName, defaultType, receivedAtMs }: SentEvent): string | undefined {
  const { value: item, json } = readText(format, text);
  const event = normalize(item, json, defaultType, receivedAtMs);
  if (Array.isArray(event)) return undefined;
  if (!mayBeInexact(json))
    return written(event, keyName, canonicalJson(event.payload), event.extensions && canonicalJson(event.extensions));
  const { payload, extensions } = contentTexts(json, item, event);
  return written(event, keyName, canonicalContent(payload), extensions && canonicalContent(extensions));
}

/** The same form, from what is stored. */
function formOfStored(stored: StoredFields): string {
  const { userId, userIdFrom, occurredAt, occurredAtFrom, occurredAtText, payload, extensions } = stored;
  const event = {
    ...stored,
    userId: userIdFrom === undefined ? userId : undefined,
    occurredAt: occurredAtFrom === undefined ? (occurredAtText ?? occurredAt.toISOString()) : undefined,
  };
  return written(event, stored.source, canonicalJson(payload), extensions && canonicalJson(extensions));
}

type Fields = {
  [K in "userId" | "subject" | "partitionKey" | "occurredAt" | "source" | "schemaVersion" | "specVersion"]?: NormalEvent[K];
} & Pick<NormalEvent, "eventType">;

function written(event: Fields, keyName: string, payload: string, extensions: string | undefined): string {
  const { eventType, userId, subject, partitionKey, occurredAt, source = keyName, schemaVersion, specVersion } = event;
  const fields = [eventType, userId, subject, partitionKey, occurredAt, source, schemaVersion, specVersion];
  return `${JSON.stringify(fields.map((field) => field ?? null))}${payload}${extensions ?? "null"}`;
}
