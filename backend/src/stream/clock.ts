import type { Redis } from "ioredis";
import { every } from "../lib/every.js";
import { unlessOutage } from "../lib/faults.js";
import { ownerOf } from "../redis/nodes.js";
import type { RedisKeys } from "./keys.js";

/**
 * Redis's clock (of a cluster, that of the node with the epoch), as well as this process knows it: `Date.now()` plus an offset read once a second. All API processes then stamp
 * events by one clock, and a jump of the local clock is healed within a second.
 */
export interface RedisClock {
  /** ms since 1970. */
  now(): number;
  close(): Promise<void>;
}

const REFRESH_MS = 1_000;

export async function createRedisClock(redis: Redis, keys: Pick<RedisKeys, "epoch">): Promise<RedisClock> {
  let offsetMs = 0;
  const refresh = async (): Promise<void> => {
    const before = Date.now();
    const [seconds, micros] = await ownerOf(redis, keys.epoch).time();
    const after = Date.now();
    // A slow reply says little about the moment it was made.
    if (after - before > 100) return;
    const redisMs = Number(seconds) * 1000 + Number(micros) / 1000;
    const measured = redisMs - (before + after) / 2;
    // Less than 5 ms is the noise of the measurement.
    if (Math.abs(measured - offsetMs) > 5) offsetMs = measured;
  };
  await refresh();
  return { now: () => Math.round(Date.now() + offsetMs), close: every(REFRESH_MS, refresh, { onError: unlessOutage("stream") }).close };
}
