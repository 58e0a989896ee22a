import { Buffer } from "node:buffer";
import { setTimeout as pause } from "node:timers/promises";
import type { Redis } from "ioredis";
import type { PartitionKeys, RedisKeys } from "./keys.js";
import { luaScript } from "./lua.js";
import { createEntryReader, type DedupeRecord, PACKED_VERSION, type StreamRecord } from "./record.js";

/** An acceptance that Redis remembers. */
export type Acceptance = Pick<DedupeRecord, "receipt" | "receivedAtMs">;

/** The records of events on their way, by what Redis remembers of them. Those that are not found are left out. */
export type AcceptedRecords = (partition: number, wanted: Acceptance[], deadlineMs: number) => AsyncGenerator<StreamRecord>;

/** A page holds Redis for less than 1 ms. */
const PAGE_BYTES = 512 * 1024;
/** So much of the stream is looked at for one question. */
const MOST_BYTES = 16 * 1024 * 1024;
/** Records that come back at once; each has up to 256 KB. */
const RETRIES_AT_ONCE = 16;
/** Clocks of API processes and Redis differ by less (see `clock.ts`). */
const CLOCK_SLACK_MS = 100;
/** An event is in the stream at the latest so long after its receipt: a flush is tried for 10 s unless set otherwise. */
const LATEST_MS = 15_000;

type RecordsRedis = Redis & { sfFindRecordsBuffer(stream: string, from: string, most: number, ...receipts: Buffer[]): Promise<Buffer[]> };

/**
 * Reads events on their way without an index: one that waits for a retry by its receipt, one in the stream from the time on at
 * which it was received, which is where it stands. One that moves from one to the other may be missed; ask again.
 */
export function createAcceptedRecords({ redis, keys }: { redis: Redis; keys: RedisKeys }): AcceptedRecords {
  redis.defineCommand("sfFindRecords", { numberOfKeys: 1, lua: luaScript("find-records") });
  return async function* acceptedRecords(partition, wanted, deadlineMs) {
    const at = keys.partition(partition);
    const left = new Map(wanted.map((one) => [one.receipt.toString("latin1"), one]));
    // Of those alone that failed before; without the question, 2,000 would take 125 round trips.
    const accepted = wanted.length === 0 ? [] : await redis.zmscore(at.retryAccepted, ...wanted.map(({ receipt }) => receipt));
    const tried = wanted.filter((_, i) => accepted[i] !== null).map(({ receipt }) => receipt);
    for (let from = 0; from < tried.length && performance.now() < deadlineMs; from += RETRIES_AT_ONCE) {
      const records = await redis.hmgetBuffer(at.retryRecords, ...tried.slice(from, from + RETRIES_AT_ONCE));
      for (const bytes of records) if (bytes) yield take(bytes, left);
    }
    yield* inStream(redis as RecordsRedis, at, left, deadlineMs);
  };
}

async function* inStream(
  redis: RecordsRedis,
  { stream }: PartitionKeys,
  left: Map<string, Acceptance>,
  deadlineMs: number,
): AsyncGenerator<StreamRecord> {
  let looked = 0;
  let position = "-";
  while (left.size > 0 && looked < MOST_BYTES && performance.now() < deadlineMs) {
    const passedMs = position === "-" ? 0 : Number.parseInt(position.slice(1), 10);
    for (const [receipt, { receivedAtMs }] of left) if (receivedAtMs + LATEST_MS < passedMs) left.delete(receipt);
    const earliestMs = Math.min(...[...left.values()].map(({ receivedAtMs }) => receivedAtMs)) - CLOCK_SLACK_MS;
    if (left.size === 0) return;
    const from = earliestMs > passedMs ? String(Math.max(0, earliestMs)) : position;
    const begunAtMs = performance.now();
    const receipts = [...left.keys()].map((receipt) => Buffer.from(receipt, "latin1"));
    const [bytes, next, ...records] = (await redis.sfFindRecordsBuffer(stream, from, PAGE_BYTES, ...receipts)) as [
      number | Buffer,
      Buffer,
      ...Buffer[],
    ];
    for (const record of records) yield take(record, left);
    position = next.toString("latin1");
    if (position === "") return;
    looked += Number(bytes);
    // As long as the page took: others have the other half of Redis.
    await pause(performance.now() - begunAtMs);
  }
}

function take(bytes: Buffer, left: Map<string, Acceptance>): StreamRecord {
  const record = createEntryReader()(Buffer.concat([Buffer.from([PACKED_VERSION]), bytes]))[0] as StreamRecord;
  left.delete(record.receipt.toString("latin1"));
  return record;
}
