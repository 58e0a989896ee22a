import { Buffer } from "node:buffer";
import type { Redis } from "ioredis";
import type { RedisKeys } from "./keys.js";
import { luaScript } from "./lua.js";
import { createEntryReader, PACKED_VERSION, type StreamRecord } from "./record.js";

/** An event that failed and waits for its next attempt. */
export interface WaitingRetry {
  dueAtMs: number;
  /** Without its text. */
  record: StreamRecord;
}

export interface WaitingRetries {
  /** How many wait; when there are too many to look at each, how many of this tenant were seen. */
  count: number;
  exact: boolean;
  nextDueAtMs: number | null;
  /** When the one that waits longest was received. */
  oldestReceivedAtMs: number | null;
  /** Those that are due next. */
  items: WaitingRetry[];
}

export interface Retries {
  /** @param tenantId null: all tenants */
  waiting(tenantId: string | null, limit: number): Promise<WaitingRetries>;
}

const PAGE = 200;
/** Of a partition this many are looked at; a page takes Redis 0.1 ms. */
const MOST_LOOKED_AT = 10_000;

type RetriesRedis = Redis & { sfRetriesBuffer(due: string, records: string, first: number, last: number): Promise<Buffer[]> };

/** Looks into the retry sets of all partitions. Who they belong to stands in the records alone, so they are read. */
export function createRetries({ redis, keys, partitions }: { redis: Redis; keys: RedisKeys; partitions: number }): Retries {
  redis.defineCommand("sfRetries", { numberOfKeys: 2, lua: luaScript("retries") });
  const read = createEntryReader();

  const lookInto = async (partition: number): Promise<{ found: WaitingRetry[]; total: number }> => {
    const { retryDue, retryRecords } = keys.partition(partition);
    const total = await redis.zcard(retryDue);
    const found: WaitingRetry[] = [];
    for (let from = 0; from < Math.min(total, MOST_LOOKED_AT); from += PAGE) {
      const page = await (redis as RetriesRedis).sfRetriesBuffer(retryDue, retryRecords, from, from + PAGE - 1);
      for (let i = 0; i < page.length; i += 2) {
        const [record] = read(Buffer.concat([Buffer.from([PACKED_VERSION]), page[i + 1] as Buffer]));
        if (record) found.push({ dueAtMs: Number(page[i]), record });
      }
    }
    return { found, total };
  };

  return {
    async waiting(tenantId, limit) {
      const parts = await Promise.all(Array.from({ length: partitions }, (_, p) => lookInto(p)));
      const total = parts.reduce((sum, part) => sum + part.total, 0);
      const whole = parts.every((part) => part.total <= MOST_LOOKED_AT);
      const found = parts
        .flatMap((part) => part.found)
        .filter(({ record }) => tenantId === null || record.context.tenantId === tenantId)
        .sort((a, b) => a.dueAtMs - b.dueAtMs);
      return {
        count: tenantId === null ? total : found.length,
        exact: tenantId === null || whole,
        nextDueAtMs: found[0]?.dueAtMs ?? null,
        oldestReceivedAtMs: found.reduce<number | null>(
          (oldest, { record }) => Math.min(oldest ?? record.receivedAtMs, record.receivedAtMs),
          null,
        ),
        items: found.slice(0, limit),
      };
    },
  };
}
