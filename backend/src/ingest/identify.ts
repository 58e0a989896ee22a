import { Buffer } from "node:buffer";
import { hash, randomBytes } from "node:crypto";
import type { NormalEvent } from "./normalize.js";

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
}

export type DedupeStrategy = "intent" | "full" | "none";

/** What identity is made from besides the event itself. */
export interface IdentityContext {
  tenantId: string;
  strategy: DedupeStrategy;
  /** X-Idempotency-Key, with the item's position appended when the request carries several. */
  idempotencyKey: string | undefined;
  receivedAtMs: number;
}

const HOUR_MS = 3_600_000;

/**
 * Identity from, in this order: eventId; idempotency key; the content digest of the strategy.
 * An event with neither id, key nor occurredAt has no lasting identity: its digest dedupes within the window only, and its
 * eventId is a new UUIDv7 (equal heartbeats a day apart are two events).
 */
export function identify(event: NormalEvent, item: Record<string, unknown>, context: IdentityContext): Identity {
  const { tenantId } = context;
  const hourMs = event.occurredAtMs === undefined ? 0 : event.occurredAtMs - (event.occurredAtMs % HOUR_MS);
  const named = event.eventId ?? (context.idempotencyKey === undefined ? undefined : `key:${context.idempotencyKey}`);
  if (named !== undefined) {
    const identity = nameDigest(tenantId, named);
    return { eventId: named, id: eventUuid(hourMs, identity), identity };
  }
  if (context.strategy === "none") return newIdentity(tenantId, context.receivedAtMs, undefined, event.occurredAtMs);

  const content = context.strategy === "full" ? item : intentOf(event);
  const digest = hash("sha256", `${tenantId}\0${context.strategy}\0${canonicalJson(content)}`, "binary").slice(0, 16);
  if (event.occurredAtMs === undefined) return newIdentity(tenantId, context.receivedAtMs, digest, undefined);
  const eventId = `${context.strategy}-${Buffer.from(digest, "latin1").toString("hex")}`;
  const identity = nameDigest(tenantId, eventId);
  return { eventId, id: eventUuid(hourMs, identity), identity };
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
  return { eventId, id: eventUuid(at - (at % HOUR_MS), nameId), identity: digest ?? nameId };
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

function intentOf(event: NormalEvent): unknown {
  return [
    event.eventType,
    event.subject ?? null,
    event.partitionKey ?? null,
    event.userId ?? null,
    event.occurredAt ?? null,
    event.payload,
  ];
}

/** JSON with sorted keys: the same content in another order is the same intent. */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value) ?? "null";
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${canonicalJson(field)}`).join(",")}}`;
}
