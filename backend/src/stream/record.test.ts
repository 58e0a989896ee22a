import { Buffer } from "node:buffer";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  createEntryReader,
  DEDUPE_RECORD_BYTES,
  eventContext,
  maxRecordBytes,
  NEWEST_VERSION,
  PACKED_VERSION,
  PackedEntryError,
  type RecordSource,
  readDedupeRecord,
  retryRecord,
  writeDedupeRecord,
  writeRecord,
} from "./record.js";

const bytes = (n: number) => fc.uint8Array({ minLength: n, maxLength: n }).map((b) => Buffer.from(b).toString("latin1"));
/** No field of a context holds U+0000: they are names, ids of headers, or "". */
const part = fc.string({ unit: "grapheme", maxLength: 12 }).filter((text) => !text.includes("\0") && text.isWellFormed());
const context = fc.record({ tenantId: part, keyName: part, defaultType: part, correlationId: part, traceparent: part }).map(eventContext);
const source: fc.Arbitrary<RecordSource> = fc.record({
  receivedAtMs: fc.nat(2 ** 31).map((n) => n * 1000),
  id: fc.tuple(fc.nat(2 ** 20), bytes(10)).map(([hour, tail]) => {
    const head = Buffer.alloc(6);
    head.writeUIntBE(hour * 3_600_000, 0, 6);
    return head.toString("latin1") + tail;
  }),
  identity: bytes(16),
  hash: bytes(8),
  eventId: fc.string({ unit: "grapheme", maxLength: 200 }).filter((text) => text.isWellFormed()),
  context,
  text: fc.string({ unit: "binary" }).map((text) => Buffer.from(text)),
});
const receipts = Buffer.from(Array.from({ length: 800 }, (_, i) => i % 251));

function pack(sources: RecordSource[]): Buffer {
  const entry = Buffer.alloc(1 + sources.reduce((sum, one) => sum + maxRecordBytes(one), 0));
  entry[0] = PACKED_VERSION;
  const end = sources.reduce((at, one, i) => writeRecord(entry, at, one, receipts, (i % 100) * 8), 1);
  return entry.subarray(0, end);
}
const latin1 = (buffer: Buffer): string => buffer.toString("latin1");

test("an entry is read as it was written", () => {
  const read = createEntryReader();
  fc.assert(
    fc.property(fc.array(source, { maxLength: 8 }), (sources) => {
      const found = read(pack(sources)).map((record) => ({
        receivedAtMs: record.receivedAtMs,
        id: latin1(record.id),
        identity: latin1(record.identity),
        hash: latin1(record.hash),
        eventId: record.eventId,
        context: record.context,
        text: Buffer.from(record.text, "utf8"),
        attempt: record.attempt,
        acceptedAtMs: record.acceptedAtMs,
        receipt: latin1(record.receipt),
      }));
      expect(found).toEqual(
        sources.map((one, i) => ({ ...one, attempt: 0, acceptedAtMs: 0, receipt: latin1(receipts.subarray(i * 8, i * 8 + 8)) })),
      );
    }),
  );
});

test("a record stands alone: cut out of its entry, with its attempts and minute, it reads the same", () => {
  fc.assert(
    fc.property(fc.array(source, { minLength: 1, maxLength: 4 }), fc.nat(255), fc.nat(2 ** 31), (sources, attempt, second) => {
      const read = createEntryReader();
      for (const record of read(pack(sources))) {
        const [alone] = read(Buffer.concat([Buffer.from([PACKED_VERSION]), retryRecord(record, attempt, second * 1000)]));
        expect(alone).toMatchObject({ attempt, acceptedAtMs: second * 1000, eventId: record.eventId, receivedAtMs: record.receivedAtMs });
        expect(alone?.text === record.text).toBe(true);
        expect(alone?.receipt.equals(record.receipt)).toBe(true);
      }
    }),
  );
});

test("an entry that is cut short or of another version is refused, never half read", () => {
  fc.assert(
    fc.property(fc.array(source, { minLength: 1, maxLength: 3 }), fc.nat(), (sources, seed) => {
      const entry = pack(sources);
      const boundaries = new Set(createEntryReader()(entry).map((record) => record.bytes.byteOffset + record.size - entry.byteOffset));
      const cut = 2 + (seed % (entry.length - 2));
      if (!boundaries.has(cut)) expect(() => createEntryReader()(entry.subarray(0, cut))).toThrow(PackedEntryError);
      expect(() => createEntryReader()(Buffer.concat([Buffer.from([NEWEST_VERSION + 1]), entry.subarray(1)]))).toThrow(PackedEntryError);
    }),
  );
});

test("what a context says besides stands behind it; what a reader does not know it leaves out", () => {
  const fields = { tenantId: "t", keyName: "k", defaultType: "", correlationId: "c", traceparent: "" };
  const contexts = [
    eventContext(fields),
    eventContext({ ...fields, format: "xml", origin: "orders/0/17" }),
    eventContext({ ...fields, format: "bytes", fault: "invalid-json: a=b" }),
  ];
  const event = {
    receivedAtMs: 1,
    id: "\0".repeat(16),
    identity: "i".repeat(16),
    hash: "h".repeat(8),
    eventId: "e",
    text: Buffer.from([0xff]),
  };
  const records = createEntryReader()(pack(contexts.map((context) => ({ ...event, context }))));
  expect(records.map(({ context }) => context)).toEqual(contexts);
  expect(records.map(({ text }) => text)).toEqual(["\ufffd", "\ufffd", "/w=="]);
  const later = { ...eventContext(fields), bytes: Buffer.from("t\0k\0\0c\0\0colour=blue\0origin=a/1/2") };
  expect(createEntryReader()(pack([{ ...event, context: later }]))[0]?.context).toMatchObject({
    tenantId: "t",
    format: "json",
    origin: "a/1/2",
  });
});

test("a format that this version cannot read is left in place", () => {
  const context = { ...eventContext({ tenantId: "t", keyName: "", defaultType: "", correlationId: "", traceparent: "" }) };
  context.bytes = Buffer.from("t\0\0\0\0\0format=avro");
  const event = {
    receivedAtMs: 1,
    id: "\0".repeat(16),
    identity: "i".repeat(16),
    hash: "h".repeat(8),
    eventId: "e",
    text: Buffer.from("x"),
  };
  expect(() => createEntryReader()(pack([{ ...event, context }]))).toThrow(PackedEntryError);
});

test("the dedupe record holds hash, receipt, time and the hour of the id", () => {
  fc.assert(
    fc.property(source, (one) => {
      const target = Buffer.alloc(DEDUPE_RECORD_BYTES + 3);
      writeDedupeRecord(target, 3, one, receipts, 16);
      const found = readDedupeRecord(target.subarray(3));
      expect({ hash: latin1(found.hash), receipt: latin1(found.receipt), at: found.receivedAtMs }).toEqual({
        hash: one.hash,
        receipt: latin1(receipts.subarray(16, 24)),
        at: one.receivedAtMs,
      });
      expect(found.hour * 3_600_000).toBe(Buffer.from(one.id, "latin1").readUIntBE(0, 6));
    }),
  );
});
