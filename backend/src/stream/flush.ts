import { Buffer } from "node:buffer";
import { randomFillSync } from "node:crypto";
import type { ProblemCode } from "@streamforge/shared";
import {
  DEDUPE_RECORD_BYTES,
  type DedupeRecord,
  maxRecordBytes,
  PACKED_VERSION,
  type RecordSource,
  versionFor,
  writeDedupeRecord,
  writeRecord,
} from "./record.js";

/** An entry holds at most this many events: 500 in one script hold Redis for 3–5 ms (measured), more would be felt by others. */
const MAX_ENTRY_EVENTS = 500;
const MAX_ENTRY_BYTES = 256 * 1024;
/** One byte names an event's tenant within a flush. */
const MAX_ENTRY_TENANTS = 200;

/** What became of an event that was given to the appender. */
export type AppendOutcome =
  | { kind: "accepted" }
  | { kind: "known"; first: DedupeRecord }
  /** Not appended, or not known whether: the producer must send it again. */
  | { kind: "retry"; code: ProblemCode };

export interface Appendable extends RecordSource {
  partition: number;
  /** Names this acceptance, 8 random bytes; undefined: it gets them when it is appended. */
  receipt: Buffer | undefined;
  outcome: AppendOutcome | undefined;
}

/** A request that waits for its events. */
export interface Waiter {
  left: number;
  done: () => void;
}

/** Events that go to Redis in one script call, in the form the script takes. */
export interface Flush {
  events: Appendable[];
  waiters: Waiter[];
  identities: Buffer;
  records: Buffer;
  recordBytes: number;
  dedupe: Buffer;
  owners: Buffer;
  tenants: string[];
  seen: Set<string>;
  sentAt: number;
  deadline: number;
}

/** A used flush, empty again: new buffers for each would be a quarter of the garbage of single events. */
export function renew(flush: Flush, deadline: number): Flush {
  flush.events = [];
  flush.waiters = [];
  flush.recordBytes = 1;
  flush.records[0] = PACKED_VERSION;
  flush.tenants = [];
  flush.seen.clear();
  flush.deadline = deadline;
  return flush;
}

/** An empty one; `renew` makes it ready. */
export function newFlush(): Flush {
  return {
    events: [],
    waiters: [],
    identities: Buffer.allocUnsafe(16 * 16),
    dedupe: Buffer.allocUnsafe(16 * DEDUPE_RECORD_BYTES),
    owners: Buffer.allocUnsafe(MAX_ENTRY_EVENTS),
    records: startEntry(),
    recordBytes: 1,
    tenants: [],
    seen: new Set(),
    sentAt: 0,
    deadline: 0,
  };
}

/** The version byte, and room for a few records. */
function startEntry(): Buffer {
  const entry = Buffer.allocUnsafe(8 * 1024);
  entry[0] = PACKED_VERSION;
  return entry;
}

/** Whether the event can go with these: within the limits, and the only one of its identity, which would be appended twice. */
export function fits(flush: Flush, event: Appendable): boolean {
  return (
    flush.events.length < MAX_ENTRY_EVENTS &&
    (flush.recordBytes + maxRecordBytes(event) <= MAX_ENTRY_BYTES || flush.events.length === 0) &&
    !flush.seen.has(event.identity) &&
    (flush.tenants.length < MAX_ENTRY_TENANTS || flush.tenants.includes(event.context.tenantId))
  );
}

/** Writes the event's record, dedupe record, identity and owner behind those that are there, with a new receipt. */
export function addToFlush(flush: Flush, event: Appendable, waiter: Waiter): void {
  const n = flush.events.length;
  if ((n + 1) * 16 > flush.identities.length) {
    flush.identities = grow(flush.identities, n * 16, (n + 1) * 16);
    flush.dedupe = grow(flush.dedupe, n * DEDUPE_RECORD_BYTES, (n + 1) * DEDUPE_RECORD_BYTES);
  }
  const needed = flush.recordBytes + maxRecordBytes(event);
  if (needed > flush.records.length) flush.records = grow(flush.records, flush.recordBytes, needed);

  flush.records[0] = Math.max(flush.records[0] as number, versionFor(event.context.format));
  const receiptAt = event.receipt ? 0 : nextReceipt();
  const receipts = event.receipt ?? receiptPool;
  flush.recordBytes = writeRecord(flush.records, flush.recordBytes, event, receipts, receiptAt);
  writeDedupeRecord(flush.dedupe, n * DEDUPE_RECORD_BYTES, event, receipts, receiptAt);
  flush.identities.write(event.identity, n * 16, 16, "latin1");
  let owner = flush.tenants.indexOf(event.context.tenantId);
  if (owner < 0) owner = flush.tenants.push(event.context.tenantId) - 1;
  flush.owners[n] = owner;
  flush.seen.add(event.identity);
  flush.events.push(event);
  flush.waiters.push(waiter);
}

function grow(buffer: Buffer, used: number, needed: number): Buffer {
  const larger = Buffer.allocUnsafe(Math.max(needed, buffer.length * 4));
  buffer.copy(larger, 0, 0, used);
  return larger;
}

const receiptPool = Buffer.allocUnsafeSlow(64 * 1024);
let receiptNext = receiptPool.length;

/** Where in the pool the next 8 random bytes are. They are copied at once, so the pool can be filled anew. */
function nextReceipt(): number {
  if (receiptNext === receiptPool.length) {
    randomFillSync(receiptPool);
    receiptNext = 0;
  }
  const at = receiptNext;
  receiptNext += 8;
  return at;
}
