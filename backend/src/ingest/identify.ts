import { Buffer } from "node:buffer";
import { hash, randomBytes } from "node:crypto";
import { canonicalContent } from "../lib/canonical.js";
import { contentTexts } from "./content-texts.js";
import { mayBeInexact, type NormalEvent } from "./normalize.js";

/**
 * Who an event is. Digests are strings of one character a byte (latin1): `crypto.hash(…, "binary")` is three to four times
 * cheaper than `createHash`, and such a string is cheap to slice and to write.
 */
export interface Identity {
  eventId: string;
  /** UUIDv8 as 16 bytes: the hour of occurredAt, then the digest of tenant and eventId. */
  id: string;
  /** What it is deduplicated by, 16 bytes. */
  identity: string;
  /** Its content is its identity: what has the same is a duplicate, however it is spelled. */
  byContent: boolean;
}

export type DedupeStrategy = "intent" | "full" | "none";

/** What identity is made from besides the event itself. */
export interface IdentityContext {
  tenantId: string;
  strategy: DedupeStrategy;
  idempotencyKey: string | undefined;
  /** Where the item stands in what was sent under the key: index in an array, byte offset in lines. */
  position: number;
  /** What a source names its message by; before the content. */
  name?: string | undefined;
  receivedAtMs: number;
}

/** An event as it was sent, as it was parsed, and what was read from it. */
export interface ReadItem {
  text: string;
  item: Record<string, unknown>;
  event: NormalEvent;
}

const HOUR_MS = 3_600_000;

/**
 * Identity from, in this order: eventId; idempotency key, or the name that a source gives its message; the content digest of the strategy.
 * An event with neither id, key nor occurredAt has no lasting identity: its digest dedupes within the window only, and its
 * eventId is a new UUIDv7 (equal heartbeats a day apart are two events).
 */
export function identify(read: ReadItem, context: IdentityContext): Identity {
  const { event } = read;
  const { tenantId, strategy, idempotencyKey, name, receivedAtMs } = context;
  if (event.eventId !== undefined) return identifyNamed(event.eventId, read, tenantId);
  if (idempotencyKey !== undefined) return lasting(keyName(idempotencyKey, context.position), event, tenantId, false);
  if (name !== undefined) return lasting(name, event, tenantId, false);
  if (strategy === "none") return newIdentity(tenantId, receivedAtMs, undefined, event.occurredAtMs);
  const digest = contentDigest(read, tenantId, strategy);
  if (event.occurredAtMs === undefined) return newIdentity(tenantId, receivedAtMs, digest, undefined);
  return lasting(contentName(strategy, digest), event, tenantId, true);
}

function identifyNamed(eventId: string, read: ReadItem, tenantId: string): Identity {
  if (!isDerivedName(eventId)) return lasting(eventId, read.event, tenantId, false);
  // An event that was read from here and is sent again: its eventId is what its content says.
  const strategy = DERIVED.exec(eventId)?.[1] as "intent" | "full" | undefined;
  if (strategy && contentName(strategy, contentDigest(read, tenantId, strategy)) === eventId)
    return lasting(eventId, read.event, tenantId, true);
  return lasting(eventId, read.event, tenantId, false, chosenDigest(tenantId, eventId));
}

function lasting(
  eventId: string,
  { occurredAtMs }: NormalEvent,
  tenantId: string,
  byContent: boolean,
  identity = nameDigest(tenantId, eventId),
): Identity {
  return {
    eventId,
    id: eventUuid(occurredAtMs === undefined ? 0 : occurredAtMs - (occurredAtMs % HOUR_MS), identity),
    identity,
    byContent,
  };
}

/** The first item has the key itself, be it alone or not; each further one the key and its position, as no single key can be. */
function keyName(key: string, position: number): string {
  return position === 0 ? `key:${key}` : `key+${position}:${key}`;
}

function contentName(strategy: DedupeStrategy, digest: string): string {
  return `${strategy}-${Buffer.from(digest, "latin1").toString("hex")}`;
}

/** eventIds as they are made here: of a content, of a key, of a message's place in Kafka. */
const DERIVED = /^(?:(intent|full)-[0-9a-f]{32}$|key(?:\+[1-9]\d*)?:|kafka:[\w.-]+(?:~[\w-]{8})?\/\d+\/\d+$)/;

/** Whether an eventId looks like one that was made here. One that a producer chose nevertheless has a digest of its own. */
export function isDerivedName(eventId: string): boolean {
  return DERIVED.test(eventId);
}

/** Every identity that an event with this eventId can have: a derived name is first of all what was derived. */
export function identitiesOf(tenantId: string, eventId: string): string[] {
  const derived = nameDigest(tenantId, eventId);
  return isDerivedName(eventId) ? [derived, chosenDigest(tenantId, eventId)] : [derived];
}

/** Whether the event of this name was given it here. One whose producer chose it has another digest behind the hour. @param id 16 bytes, latin1 */
export function isDerived(tenantId: string, eventId: string, id: string): boolean {
  return isDerivedName(eventId) && eventUuid(0, nameDigest(tenantId, eventId)).endsWith(id.slice(6));
}

/** Whether this event's content is its identity. @param id the event's, 16 bytes */
export function isContentIdentity(tenantId: string, eventId: string, id: Buffer): boolean {
  if (DERIVED.exec(eventId)?.[1] === undefined) return false;
  return isDerived(tenantId, eventId, id.toString("latin1"));
}

/** No eventId begins with U+0000, so no other name has this digest. */
function chosenDigest(tenantId: string, eventId: string): string {
  return nameDigest(tenantId, `\0${eventId}`);
}

/** 16 bytes over what the strategy looks at, with numbers as they are written. */
function contentDigest({ text, item, event }: ReadItem, tenantId: string, strategy: "intent" | "full"): string {
  const exactly = mayBeInexact(text);
  const content =
    strategy === "full"
      ? exactly
        ? canonicalContent(text)
        : canonicalJson(item)
      : intentOf(event, exactly ? canonicalContent(contentTexts(text, item, event).payload) : canonicalJson(event.payload));
  return hash("sha256", `${tenantId}\0${strategy}\0${content}`, "binary").slice(0, 16);
}

/** First 16 bytes of SHA-256 over tenant and eventId. */
export function nameDigest(tenantId: string, eventId: string): string {
  return hash("sha256", `${tenantId}\0${eventId}`, "binary").slice(0, 16);
}

/** First 8 bytes of SHA-256 over the item's text exactly as sent. */
export function bodyHash(text: Buffer): string {
  return hash("sha256", text, "binary").slice(0, 8);
}

/** An event without a lasting identity. Its eventId follows from `digest` and the time alone, so that a duplicate can be told the first one's. */
export function newIdentity(
  tenantId: string,
  receivedAtMs: number,
  digest: string | undefined,
  occurredAtMs: number | undefined,
): Identity {
  const random = digest ?? randomBytes(16).toString("latin1");
  const eventId = uuidText(timeUuid(receivedAtMs, 0x70, random));
  const at = occurredAtMs ?? receivedAtMs;
  const nameId = nameDigest(tenantId, eventId);
  return { eventId, id: eventUuid(at - (at % HOUR_MS), nameId), identity: digest ?? nameId, byContent: digest !== undefined };
}

/** The stored event's `_id`: UUIDv8 whose first 48 bits are the hour, so that inserts stay within the current hours of the index. */
export function eventUuid(hourMs: number, digest: string): string {
  return timeUuid(hourMs, 0x80, digest);
}

/** 48 bits of time, the version, then 74 bits of the digest around the variant. */
function timeUuid(ms: number, version: number, digest: string): string {
  const high = Math.floor(ms / 0x1_0000_0000);
  const c = digest.charCodeAt.bind(digest);
  return (
    String.fromCharCode(
      (high >> 8) & 255,
      high & 255,
      (ms / 0x100_0000) & 255,
      (ms >>> 16) & 255,
      (ms >>> 8) & 255,
      ms & 255,
      version | (c(0) & 15),
      c(1),
      0x80 | (c(2) & 63),
    ) + digest.slice(3, 10)
  );
}

/** A UUID's 16 bytes (as a latin1 string or a buffer) in its usual form. */
export function uuidText(bytes: string | Uint8Array): string {
  const hex = (
    typeof bytes === "string" ? Buffer.from(bytes, "latin1") : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  ).toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** The 16 bytes of a UUID in its usual form, undefined when it is none. */
export function uuidBytes(text: string): Buffer | undefined {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text) ? Buffer.from(text.replaceAll("-", ""), "hex") : undefined;
}

/** As `canonicalJson` would write the list of them. */
function intentOf({ eventType, subject, partitionKey, userId, occurredAt }: NormalEvent, payload: string): string {
  const fields = [eventType, subject ?? null, partitionKey ?? null, userId ?? null, occurredAt ?? null];
  return `${JSON.stringify(fields).slice(0, -1)},${payload}]`;
}

/** JSON with sorted keys: the same content in another order is the same intent. */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value) ?? "null";
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${canonicalJson(field)}`).join(",")}}`;
}
