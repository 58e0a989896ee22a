import { Buffer } from "node:buffer";
import { type EventFormat, eventFormats } from "@streamforge/shared";

/**
 * The packed stream entry: one version byte, then records back to back. A record holds one event exactly as it was sent
 * and everything that was fixed before the append, so that it can be taken out alone: by the script when a neighbour is a
 * duplicate, into the retry set, into a dead letter.
 *
 *     entry  := version u8, record*
 *     record := size u32 (of what follows), attempt u8, acceptedAt u48, receivedAt u48, id 16, identity 16, hash 8, receipt 8,
 *               contextSize u16, eventIdSize u16, context, eventId, text
 *
 * Integers are big-endian; times are ms since 1970. `acceptedAt` is 0 until an event goes through the retry set: until then
 * the stream entry's id tells when it was accepted (Redis's clock). Context is five UTF-8 strings joined by U+0000, and behind them any
 * number of extras `name=value`, each again behind a U+0000; a reader leaves out those that it does not know.
 *
 * An entry is version 2 as soon as one of its events was not sent as JSON, so that an older worker leaves in place what it would misread.
 */
export const PACKED_VERSION = 1;
export const NEWEST_VERSION = 2;

/** The version of an entry that holds events of this format. */
export const versionFor = (format: EventFormat): number => (format === "json" ? PACKED_VERSION : NEWEST_VERSION);

const HEADER_BYTES = 69;
const AT = {
  attempt: 4,
  acceptedAt: 5,
  receivedAt: 11,
  id: 17,
  identity: 33,
  hash: 49,
  receipt: 57,
  contextSize: 65,
  eventIdSize: 67,
} as const;

/** What the events of one request share. */
export interface EventContext {
  tenantId: string;
  /** Name of the API key: the default of `source`. */
  keyName: string;
  /** The key's `defaultType`, or "". */
  defaultType: string;
  correlationId: string;
  /** W3C trace context as received, or "". */
  traceparent: string;
  /** What vendors keep beside it; absent when there is none. */
  tracestate?: string;
  format: EventFormat;
  /** Where another system has it: `topic/partition/offset` in Kafka. */
  origin?: string;
  /** Name of the api process where somebody waits for what becomes of it. */
  reply?: string;
  /** Why it is no event, when it is none: it becomes a dead letter `INVALID_EVENT`. */
  fault?: string;
  /** All of it as it stands in a record. */
  bytes: Buffer;
}

type ContextFields = Omit<EventContext, "bytes" | "format"> & { format?: EventFormat };

export function eventContext(fields: ContextFields): EventContext {
  const { tenantId, keyName, defaultType, correlationId, traceparent, format = "json", origin, reply, fault, tracestate } = fields;
  let text = `${tenantId}\0${keyName}\0${defaultType}\0${correlationId}\0${traceparent}`;
  if (format !== "json") text += `\0format=${format}`;
  if (origin !== undefined) text += `\0origin=${origin}`;
  if (reply !== undefined) text += `\0reply=${reply}`;
  if (fault !== undefined) text += `\0fault=${fault}`;
  if (tracestate !== undefined) text += `\0tracestate=${tracestate}`;
  return { ...fields, format, bytes: Buffer.from(text, "utf8") };
}

/** @param bytes a context as it stands in a record @throws PackedEntryError when it names a format that this version cannot read */
function readContext(bytes: Buffer): EventContext {
  const [tenantId = "", keyName = "", defaultType = "", correlationId = "", traceparent = "", ...extras] = bytes
    .toString("utf8")
    .split("\0");
  const context: EventContext = { tenantId, keyName, defaultType, correlationId, traceparent, format: "json", bytes };
  for (const extra of extras) {
    const at = extra.indexOf("=");
    const value = extra.slice(at + 1);
    switch (extra.slice(0, at)) {
      case "format":
        if (!eventFormats.includes(value as EventFormat)) throw new PackedEntryError(`a record has the format ${value}`);
        context.format = value as EventFormat;
        break;
      case "origin":
        context.origin = value;
        break;
      case "reply":
        context.reply = value;
        break;
      case "fault":
        context.fault = value;
        break;
      case "tracestate":
        context.tracestate = value;
        break;
    }
  }
  return context;
}

/** What `writeRecord` needs of an event. Digests are strings of one character a byte (latin1), which are the cheapest to make and to slice. */
export interface RecordSource {
  receivedAtMs: number;
  /** UUIDv8, 16 bytes. */
  id: string;
  /** Digest under which the event is deduplicated, 16 bytes. */
  identity: string;
  /** First 8 bytes of SHA-256 over the text as sent. */
  hash: string;
  eventId: string;
  context: EventContext;
  /** The item exactly as sent, UTF-8. */
  text: Buffer;
}

/** Most bytes the record of this event can take. */
export function maxRecordBytes(source: RecordSource): number {
  return HEADER_BYTES + source.context.bytes.length + source.eventId.length * 3 + source.text.length;
}

/**
 * Writes an event's record at `offset` and returns the offset behind it. The receipt (8 bytes) is copied from `receipts` at `receiptAt`.
 * @param target must have `maxRecordBytes` left
 */
export function writeRecord(target: Buffer, offset: number, source: RecordSource, receipts: Buffer, receiptAt: number): number {
  const { context, text } = source;
  target[offset + AT.attempt] = 0;
  target.fill(0, offset + AT.acceptedAt, offset + AT.receivedAt);
  target.writeUIntBE(source.receivedAtMs, offset + AT.receivedAt, 6);
  target.write(source.id, offset + AT.id, 16, "latin1");
  target.write(source.identity, offset + AT.identity, 16, "latin1");
  target.write(source.hash, offset + AT.hash, 8, "latin1");
  receipts.copy(target, offset + AT.receipt, receiptAt, receiptAt + 8);
  target.writeUInt16BE(context.bytes.length, offset + AT.contextSize);
  let end = offset + HEADER_BYTES;
  end += context.bytes.copy(target, end);
  const eventIdBytes = target.write(source.eventId, end, "utf8");
  target.writeUInt16BE(eventIdBytes, offset + AT.eventIdSize);
  end += eventIdBytes;
  end += text.copy(target, end);
  target.writeUInt32BE(end - offset - 4, offset);
  return end;
}

/**
 * One event as a worker sees it. Buffers are views into the entry; those that few events need are made when they are asked for,
 * because a view costs as much as a document's field.
 */
export class StreamRecord {
  /** Failures that named this event so far. */
  readonly attempt: number;
  /** 0 unless the event came through the retry set. */
  readonly acceptedAtMs: number;
  readonly receivedAtMs: number;
  readonly id: Buffer;
  readonly hash: Buffer;
  readonly receipt: Buffer;

  constructor(
    private readonly entry: Buffer,
    private readonly at: number,
    private readonly textAt: number,
    private readonly end: number,
    readonly context: EventContext,
    readonly eventId: string,
  ) {
    this.attempt = entry[at + AT.attempt] as number;
    this.acceptedAtMs = entry.readUIntBE(at + AT.acceptedAt, 6);
    this.receivedAtMs = entry.readUIntBE(at + AT.receivedAt, 6);
    this.id = entry.subarray(at + AT.id, at + AT.identity);
    this.hash = entry.subarray(at + AT.hash, at + AT.receipt);
    this.receipt = entry.subarray(at + AT.receipt, at + AT.contextSize);
  }

  /** The record's size in the entry. */
  get size(): number {
    return this.end - this.at;
  }

  /** The record's bytes, its size included; copied when the event moves to the retry set. */
  get bytes(): Buffer {
    return this.entry.subarray(this.at, this.end);
  }

  get identity(): Buffer {
    return this.entry.subarray(this.at + AT.identity, this.at + AT.hash);
  }

  /** The item exactly as sent; what is no text (`bytes`) in base64. */
  get text(): string {
    return this.entry.toString(this.context.format === "bytes" ? "base64" : "utf8", this.textAt, this.end);
  }
}

/**
 * A reader of packed entries. It keeps the last context that it decoded, because neighbours mostly share it.
 * @returns the function that takes an entry apart. It throws `PackedEntryError` when the entry's version is not ours or its sizes do not add up.
 */
export function createEntryReader(): (entry: Buffer) => StreamRecord[] {
  let context: EventContext | undefined;

  const contextOf = (entry: Buffer, from: number, to: number): EventContext => {
    if (context?.bytes.length === to - from && context.bytes.compare(entry, from, to) === 0) return context;
    // A copy: the view would keep the whole entry in memory for as long as the context is remembered.
    context = readContext(Buffer.from(entry.subarray(from, to)));
    return context;
  };

  return (entry) => {
    const [version = 0] = entry;
    if (version < PACKED_VERSION || version > NEWEST_VERSION)
      throw new PackedEntryError(`entry version ${version}, this worker reads ${PACKED_VERSION} to ${NEWEST_VERSION}`);
    const records: StreamRecord[] = [];
    let at = 1;
    while (at < entry.length) {
      const end = at + HEADER_BYTES <= entry.length ? at + 4 + entry.readUInt32BE(at) : Number.POSITIVE_INFINITY;
      const contextEnd = at + HEADER_BYTES + (end <= entry.length ? entry.readUInt16BE(at + AT.contextSize) : 0);
      const textAt = contextEnd + (end <= entry.length ? entry.readUInt16BE(at + AT.eventIdSize) : 0);
      if (end > entry.length || textAt > end) throw new PackedEntryError(`record at byte ${at} is longer than its entry`);
      const eventId = entry.toString("utf8", contextEnd, textAt);
      records.push(new StreamRecord(entry, at, textAt, end, contextOf(entry, at + HEADER_BYTES, contextEnd), eventId));
      at = end;
    }
    return records;
  };
}

/** The record of an event that goes to the retry set: its original minute and its attempts travel with it. */
export function retryRecord(record: StreamRecord, attempt: number, acceptedAtMs: number): Buffer {
  const copy = Buffer.from(record.bytes);
  copy[AT.attempt] = Math.min(attempt, 255);
  copy.writeUIntBE(acceptedAtMs, AT.acceptedAt, 6);
  return copy;
}

/**
 * The record of an event that does not come from the stream: a replay makes it from a dead letter, so that the steps of the
 * pipeline see what they always see.
 */
export function looseRecord(source: RecordSource, receipt: Buffer, attempt: number): StreamRecord {
  const entry = Buffer.alloc(1 + maxRecordBytes(source));
  entry[0] = NEWEST_VERSION;
  const end = writeRecord(entry, 1, source, receipt, 0);
  entry[1 + AT.attempt] = Math.min(attempt, 255);
  return createEntryReader()(entry.subarray(0, end))[0] as StreamRecord;
}

/** An entry that this worker cannot read. It stays in the stream: a newer worker may be able to. */
export class PackedEntryError extends Error {
  override name = "PackedEntryError";
}

/**
 * The dedupe record: what Redis remembers of an accepted identity.
 *
 *     hash 8, receipt 8, receivedAt u48, hour u32 (of the event's id, since 1970)
 */
export const DEDUPE_RECORD_BYTES = 26;

export function writeDedupeRecord(target: Buffer, offset: number, source: RecordSource, receipts: Buffer, receiptAt: number): void {
  target.write(source.hash, offset, 8, "latin1");
  receipts.copy(target, offset + 8, receiptAt, receiptAt + 8);
  target.writeUIntBE(source.receivedAtMs, offset + 16, 6);
  target.writeUInt32BE(hourOfId(source.id), offset + 22);
}

export interface DedupeRecord {
  hash: Buffer;
  receipt: Buffer;
  receivedAtMs: number;
  hour: number;
}

export function readDedupeRecord(bytes: Buffer): DedupeRecord {
  return {
    hash: bytes.subarray(0, 8),
    receipt: bytes.subarray(8, 16),
    receivedAtMs: bytes.readUIntBE(16, 6),
    hour: bytes.readUInt32BE(22),
  };
}

const HOUR_MS = 3_600_000;

/** Hours since 1970 that an event's id begins with. */
export function hourOfId(id: string): number {
  let ms = 0;
  for (let i = 0; i < 6; i++) ms = ms * 256 + id.charCodeAt(i);
  return ms / HOUR_MS;
}
