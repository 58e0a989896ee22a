import { Buffer } from "node:buffer";
import { setTimeout as pause } from "node:timers/promises";
import type { Redis } from "ioredis";
import type { PartitionKeys, RedisKeys } from "./keys.js";
import { luaScript } from "./lua.js";
import { createEntryReader, PACKED_VERSION, type StreamRecord } from "./record.js";

/** Whom a search looks for. */
export interface Wanted {
  tenantId: string;
  /** The event's id, 16 bytes. */
  id: Buffer;
  /** When it was received, ms by Redis's clock, if its name tells: the search looks there first. */
  receivedAtMs?: number;
}

export type SearchOutcome =
  /** On its way; `acceptedAtMs` of the record is above 0 when it failed at least once. */
  | { kind: "found"; record: StreamRecord }
  /** Everything was looked through. */
  | { kind: "absent" }
  /** It is not among what was looked at, and there is more. */
  | { kind: "not-reached" };

/** Looks through what is accepted and not settled yet: the stream and the retry set of all partitions. */
export type QueueSearch = (partitions: number, wanted: Wanted) => Promise<SearchOutcome>;

export interface QueueSearchOptions {
  redis: Redis;
  keys: RedisKeys;
  /** The bound, 32 MiB by default. */
  mostBytes?: number;
}

/** A page holds Redis for 0.6 to 0.8 ms (measured). */
const PAGE_BYTES = 512 * 1024;
/** So much of all partitions together is looked at from each end of the stream, and of the retry set; an entry counts 1 KiB more. */
const MOST_BYTES = 32 * 1024 * 1024;
/** Clocks of API processes and Redis differ by less (see `clock.ts`). */
const CLOCK_SLACK_MS = 100;
/** A search beyond this many that wait for their turn is not made. */
const MOST_WAITING = 64;

/** Bytes looked at, where the next page begins ("" at the end), the record or "". */
type Page = [looked: number, next: Buffer, record: Buffer];
type PageReader = (from: string) => Promise<Page>;
type Look = { record?: Buffer; stoppedAt?: string };

type SearchRedis = Redis & {
  sfFindQueuedBuffer(stream: string, command: string, from: string, to: string, most: number, tenant: string, id: Buffer): Promise<Page>;
  sfFindRetryingBuffer(records: string, cursor: string, most: number, tenant: string, id: Buffer): Promise<Page>;
};

/**
 * Finds an event on its way by its id, under which Redis remembers nothing: an index would cost every event, and this is asked
 * rarely. The comparison is Redis's own, on raw bytes. One search at a time: a process never takes more than half of Redis,
 * however many ask. A search by id that meets its bound has looked at 64 MiB (120,000 packed events of 550 bytes) in 0.4 to 1 s,
 * 0.1 to 0.2 s of it Redis's (measured while ten other processes wanted the same two cores); a PING in between took 0.9 ms (median).
 */
export function createQueueSearch({ redis, keys, mostBytes = MOST_BYTES }: QueueSearchOptions): QueueSearch {
  redis.defineCommand("sfFindQueued", { numberOfKeys: 1, lua: luaScript("find-queued") });
  redis.defineCommand("sfFindRetrying", { numberOfKeys: 1, lua: luaScript("find-retrying") });
  const scripts = redis as SearchRedis;

  const look = async (partitions: number, { tenantId, id, receivedAtMs }: Wanted): Promise<SearchOutcome> => {
    const tenant = `${tenantId}\0`;
    const most = mostBytes / partitions;
    const pageBytes = Math.min(PAGE_BYTES, most);
    const stream = (at: PartitionKeys, command: "XRANGE" | "XREVRANGE", from: string, to: string) =>
      turnPages((begin) => scripts.sfFindQueuedBuffer(at.stream, command, begin, to, pageBytes, tenant, id), from, most);

    const retries = (at: PartitionKeys) =>
      turnPages((cursor) => scripts.sfFindRetryingBuffer(at.retryRecords, cursor, pageBytes, tenant, id), "0", most);
    /** Says where to look first, and nothing of what is elsewhere: a clock may have been wrong. */
    const afterReceipt = async (at: PartitionKeys) => {
      const { record } = await stream(at, "XRANGE", String(Math.max(0, (receivedAtMs as number) - CLOCK_SLACK_MS)), "+");
      return record ? { record } : {};
    };
    const bothEnds = async (at: PartitionKeys) => {
      const newest = await stream(at, "XREVRANGE", "+", "-");
      return newest.stoppedAt === undefined ? newest : stream(at, "XRANGE", "-", newest.stoppedAt);
    };

    // Retries again at the end: what failed for the first time went from the stream to them meanwhile.
    const passes = [retries, ...(receivedAtMs === undefined ? [] : [afterReceipt]), bothEnds, retries];
    let whole = true;
    for (const pass of passes) {
      for (let p = 0; p < partitions; p++) {
        const { record, stoppedAt }: Look = await pass(keys.partition(p));
        if (record) return { kind: "found", record: asRecord(record) };
        whole &&= stoppedAt === undefined;
      }
    }
    return { kind: whole ? "absent" : "not-reached" };
  };

  const inTurn = oneAtATime(MOST_WAITING);
  return async (partitions, wanted) => (await inTurn(() => look(partitions, wanted))) ?? { kind: "not-reached" };
}

/** Reads page by page until it is found, at the end, or `most` bytes were looked at. */
async function turnPages(read: PageReader, from: string, most: number): Promise<Look> {
  let looked = 0;
  for (let at = from; ; ) {
    const begunAtMs = performance.now();
    const [bytes, next, record] = await read(at);
    if (record.length > 0) return { record };
    at = next.toString("latin1");
    if (at === "") return {};
    looked += bytes;
    if (looked >= most) return { stoppedAt: at };
    // As long as the page took: others have the other half of Redis.
    await pause(performance.now() - begunAtMs);
  }
}

/** Runs jobs one after the other. A job beyond `mostWaiting` is not run: its result is undefined. */
function oneAtATime(mostWaiting: number): <T>(job: () => Promise<T>) => Promise<T | undefined> {
  let last: Promise<unknown> = Promise.resolve();
  let unfinished = 0;
  return async (job) => {
    if (unfinished > mostWaiting) return undefined;
    unfinished++;
    const result = last.then(job).finally(() => unfinished--);
    last = result.catch(() => {});
    return result;
  };
}

function asRecord(bytes: Buffer): StreamRecord {
  return createEntryReader()(Buffer.concat([Buffer.from([PACKED_VERSION]), bytes]))[0] as StreamRecord;
}
