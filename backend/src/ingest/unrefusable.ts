import type { Buffer } from "node:buffer";
import { type EventContext, eventContext } from "../stream/record.js";
import { bodyHash, eventUuid, nameDigest } from "./identify.js";
import { type Item, partitionOf } from "./ingest.js";

/**
 * What HTTP refuses, of a source whose senders cannot be told: it is appended like any other event, and counted, and the worker makes
 * a dead letter of it. It is deduplicated by where it comes from and what it says, never by the identity that it claims.
 */
export interface Invalid {
  /** The message's value as it came. */
  bytes: Buffer;
  /** Its own eventId when it has one that could be read, else "". */
  eventId: string;
  /** What names the message itself. */
  name: string;
  fields: Omit<EventContext, "bytes" | "format" | "fault">;
  /** Why it is no event. */
  reason: string;
  receivedAtMs: number;
  partitions: number;
}

/** A context holds 64 KiB at most, and U+0000 separates its parts. */
const MOST_REASON = 2_000;
/** In base64 a third more, and MongoDB holds 16 MiB in a document. */
const MOST_BYTES = 8 * 1024 * 1024;

/** An item that will be a dead letter `INVALID_EVENT` with these bytes. */
export function invalidItem({ bytes: all, eventId: own, name, fields, reason, receivedAtMs, partitions }: Invalid): Item {
  const eventId = own === "" ? name : own;
  const bytes = all.length > MOST_BYTES ? all.subarray(0, MOST_BYTES) : all;
  const cut = bytes === all ? "" : ` (the first ${MOST_BYTES} of ${all.length} bytes are kept)`;
  const fault = `${reason}${cut}`.slice(0, MOST_REASON).replaceAll("\0", "\ufffd").toWellFormed();
  const hash = bodyHash(bytes);
  const identity = placeDigest(fields.tenantId, name, hash);
  return {
    index: 0,
    eventId,
    id: eventUuid(0, nameDigest(fields.tenantId, eventId)),
    identity,
    hash,
    text: bytes,
    receivedAtMs,
    context: eventContext({ ...fields, format: "bytes", fault }),
    partition: partitionOf(identity, partitions),
    ephemeral: false,
    byContent: true,
    keyUnused: false,
    verdict: undefined,
    twin: undefined,
    rejection: undefined,
    receipt: undefined,
    outcome: undefined,
  };
}

/**
 * An item whose identity another event has: appended under the first one's id, where the worker meets that one and compares both. It
 * becomes a dead letter `IDENTITY_CONFLICT`, or a duplicate when both say the same.
 * @param id of the first one, 16 bytes (latin1)
 */
export function conflictItem(item: Item, name: string, id: string): Item {
  const identity = placeDigest(item.context.tenantId, name, item.hash);
  // In the partition that its identity says: what comes first there is decided first.
  return { ...item, id, identity, byContent: true, verdict: undefined, twin: undefined, outcome: undefined };
}

/** No eventId begins with U+0000: no other identity is this one. */
function placeDigest(tenantId: string, name: string, hash: string): string {
  return nameDigest(tenantId, `\0\0${name}\0${hash}`);
}
