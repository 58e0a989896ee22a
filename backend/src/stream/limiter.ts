import type { Redis } from "ioredis";
import { luaScript } from "./redis.js";

/** Whether something may pass under a limit. `waitMs` is when to try again. */
export interface Verdict {
  allowed: boolean;
  waitMs: number;
  /** Tokens this process still has in hand. */
  remaining: number;
}

export interface Limiter {
  /**
   * Takes tokens of a bucket that all processes share.
   * @param bucket Redis key of the bucket
   * @param perSecond its rate and its size; 0 is no limit
   * @returns at once while this process holds leased tokens, else after one script call
   */
  take(bucket: string, tokens: number, perSecond: number): Verdict | Promise<Verdict>;
}

/** A process leases this share of a second's tokens at a time. */
const LEASE_SECONDS = 0.1;
/** A lease is kept longer than it lasts under load: thrown away after 0.1 s, the light traffic of many processes would use up the limit unused. */
const LEASE_KEPT_MS = 1_000;
const MOST_BUCKETS = 10_000;

const UNLIMITED: Verdict = { allowed: true, waitMs: 0, remaining: Number.POSITIVE_INFINITY };

/**
 * Rate limits that hold across processes and cost one counter decrement for most requests: tokens are leased from Redis in
 * portions of a tenth of a second. When Redis does not answer, requests pass: the append that follows will say so.
 */
export function createLimiter(redis: Redis): Limiter {
  redis.defineCommand("sfLease", { numberOfKeys: 1, lua: luaScript("lease") });
  const lease = (redis as unknown as { sfLease(...args: (string | number)[]): Promise<[number, number]> }).sfLease.bind(redis);
  const held = new Map<string, { tokens: number; until: number }>();

  const takeLeased = async (bucket: string, tokens: number, perSecond: number): Promise<Verdict> => {
    try {
      const portion = Math.max(tokens, Math.ceil(perSecond * LEASE_SECONDS));
      const [granted, waitMs] = await lease(bucket, perSecond, portion, tokens);
      if (granted === 0) return { allowed: false, waitMs: Math.max(1, waitMs), remaining: 0 };
      if (held.size > MOST_BUCKETS) held.clear();
      const kept = granted - tokens;
      held.set(bucket, { tokens: kept, until: Date.now() + LEASE_KEPT_MS });
      return { allowed: true, waitMs: 0, remaining: kept };
    } catch {
      return UNLIMITED;
    }
  };

  return {
    take(bucket, tokens, perSecond) {
      if (perSecond === 0 || tokens === 0) return UNLIMITED;
      const mine = held.get(bucket);
      if (mine && mine.tokens >= tokens && mine.until > Date.now()) {
        mine.tokens -= tokens;
        return { allowed: true, waitMs: 0, remaining: mine.tokens };
      }
      return takeLeased(bucket, tokens, perSecond);
    },
  };
}
