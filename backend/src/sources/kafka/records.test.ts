import { Buffer } from "node:buffer";
import type { RecordsBatch } from "@platformatic/kafka";
import { expect, test } from "vitest";
import { messagesOf } from "./records.js";

type Found = Parameters<typeof messagesOf>[0];

const TRANSACTIONAL = 1 << 4;
const CONTROL = 1 << 5;

/** A batch that begins at `firstOffset`, with a message for each value. */
function batch(firstOffset: number, values: string[], more: Partial<RecordsBatch> = {}): RecordsBatch {
  const records = values.map((value, offsetDelta) => ({
    length: 10,
    attributes: 0,
    timestampDelta: BigInt(offsetDelta),
    offsetDelta,
    key: null,
    value: Buffer.from(value),
    headers: [],
  }));
  return {
    firstOffset: BigInt(firstOffset),
    lastOffsetDelta: values.length - 1,
    firstTimestamp: 1_000n,
    attributes: 0,
    producerId: -1n,
    records,
    ...more,
  } as RecordsBatch;
}

const inTransaction = (producerId: bigint) => ({ attributes: TRANSACTIONAL, producerId });

/** The record that ends a transaction. */
function marker(offset: number, producerId: bigint, how: "abort" | "commit"): RecordsBatch {
  const end = batch(offset, ["marker"], { attributes: TRANSACTIONAL | CONTROL, producerId });
  (end.records[0] as { key: Buffer }).key = Buffer.from([0, 0, 0, how === "abort" ? 0 : 1]);
  return end;
}

const read = (records: RecordsBatch[], from = 0, abortedTransactions: Found["abortedTransactions"] = []) =>
  messagesOf({ partitionIndex: 3, records, abortedTransactions } as unknown as Found, "orders", "id", BigInt(from));
const valuesIn = (records: RecordsBatch[], from?: number, aborted?: Found["abortedTransactions"]) =>
  read(records, from, aborted).messages.map(({ value }) => value?.toString());

test("messages have their place and time; what stands before the wanted offset in its batch is left out", () => {
  const { messages, next, bytes } = read([batch(10, ["a", "b", "c"]), batch(20, ["d"])], 11);
  expect(messages.map(({ offset, timestampMs }) => [offset, timestampMs])).toEqual([
    [11, 1_001],
    [12, 1_002],
    [20, 1_000],
  ]);
  expect(messages[0]).toMatchObject({ topic: "orders", topicId: "id", partition: 3 });
  expect([next, bytes]).toEqual([21n, 30]);
});

test("nothing new leaves the offset where it is; a batch whose last messages were compacted away moves it behind them", () => {
  expect(read([], 7).next).toBe(7n);
  expect(read([batch(1, ["a"])], 7).next).toBe(7n);
  expect(read([batch(7, ["a"], { lastOffsetDelta: 4 })], 7).next).toBe(12n);
});

test("markers are no messages, and move the offset on", () => {
  const { messages, next } = read([batch(0, ["a"], inTransaction(5n)), marker(1, 5n, "commit")]);
  expect(messages).toHaveLength(1);
  expect(next).toBe(2n);
});

test("of a producer with several transactions each counts for itself", () => {
  const records = [
    batch(0, ["aborted"], inTransaction(5n)),
    marker(1, 5n, "abort"),
    batch(2, ["committed"], inTransaction(5n)),
    marker(3, 5n, "commit"),
    batch(4, ["aborted too"], inTransaction(5n)),
    batch(5, ["another's"], inTransaction(6n)),
    batch(6, ["of none"]),
    marker(7, 5n, "abort"),
    marker(8, 6n, "commit"),
  ];
  const aborted = [
    { producerId: 5n, firstOffset: 4n },
    { producerId: 5n, firstOffset: 0n },
  ];
  expect(valuesIn(records, 0, aborted)).toEqual(["committed", "another's", "of none"]);
});

test("an aborted transaction whose marker comes with a later fetch is left out all the same", () => {
  expect(valuesIn([batch(0, ["aborted"], inTransaction(5n))], 0, [{ producerId: 5n, firstOffset: 0n }])).toEqual([]);
});
