import type { Consumer, RecordsBatch } from "@platformatic/kafka";
import type { Fetched } from "./lane.js";
import type { KafkaMessage } from "./message.js";

/** The client has a type for it, and exports none. */
export type FetchResponse = Awaited<ReturnType<Consumer["fetch"]>>;
type FetchedPartition = FetchResponse["responses"][number]["partitions"][number];

const IS_TRANSACTIONAL = 1 << 4;
const IS_CONTROL = 1 << 5;
/** The second half of a control record's key, after its version: what the marker says. */
const ABORT = 0;

/**
 * The messages of a fetched partition from `from` on. A broker sends whole batches, which may begin before what was asked for; and
 * messages of transactions that were aborted, which nobody may read: it names their producers.
 * @param topicId "" where the broker knows no ids of topics
 */
export function messagesOf(found: FetchedPartition, topic: string, topicId: string, from: bigint): Fetched {
  const messages: KafkaMessage[] = [];
  const aborted = [...(found.abortedTransactions ?? [])].sort((a, b) => (a.firstOffset < b.firstOffset ? -1 : 1));
  const abortedNow = new Set<bigint>();
  const partition = found.partitionIndex;
  let next = from;
  let bytes = 0;
  for (const batch of found.records ?? []) {
    const last = batch.firstOffset + BigInt(batch.lastOffsetDelta);
    while (aborted[0] && aborted[0].firstOffset <= last) abortedNow.add((aborted.shift() as (typeof aborted)[number]).producerId);
    if (last >= next) next = last + 1n;
    if (batch.attributes & IS_CONTROL) {
      if (batch.records[0]?.key?.readInt16BE(2) === ABORT) abortedNow.delete(batch.producerId);
      continue;
    }
    if (batch.attributes & IS_TRANSACTIONAL && abortedNow.has(batch.producerId)) continue;
    bytes += addMessages(messages, batch, { topic, topicId, partition }, Number(from));
  }
  return { messages, next, bytes };
}

type Place = Pick<KafkaMessage, "topic" | "topicId" | "partition">;

/** @returns bytes of what was added */
function addMessages(messages: KafkaMessage[], batch: RecordsBatch, { topic, topicId, partition }: Place, from: number): number {
  // Offsets of a partition and times stay far below 2^53; a BigInt a message would be felt.
  const firstOffset = Number(batch.firstOffset);
  const firstTimestampMs = Number(batch.firstTimestamp);
  let bytes = 0;
  for (const { offsetDelta, timestampDelta, value, headers, length } of batch.records) {
    const offset = firstOffset + offsetDelta;
    if (offset < from) continue;
    messages.push({ topic, topicId, partition, offset, timestampMs: firstTimestampMs + Number(timestampDelta), value, headers });
    bytes += length;
  }
  return bytes;
}
