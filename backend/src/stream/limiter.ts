import type { Redis } from "ioredis";
import { reportFault } from "../lib/faults.js";
import { luaScript } from "./lua.js";

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
/** What it has not used after this long is void: limits are exceeded by one lease a process at most. */
const LEASE_LIFE_MS = 1_000;
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
  /** Leases under way: all who wait for tokens of a bucket share one, or each would take a portion and void the others'. */
  const leasing = new Map<string, Promise<number>>();
  /** Buckets that had too little: so many tokens or more need not be asked for before then. */
  const empty = new Map<string, { tokens: number; until: number }>();

  const takeHeld = (bucket: string, tokens: number): Verdict | undefined => {
    const mine = held.get(bucket);
    if (!mine || mine.tokens < tokens || mine.until <= Date.now()) return undefined;
    mine.tokens -= tokens;
    return { allowed: true, waitMs: 0, remaining: mine.tokens };
  };

  /** @returns 0 when tokens came, else ms until they will be there */
  const renewLease = async (bucket: string, tokens: number, perSecond: number): Promise<number> => {
    const [granted, waitMs] = await lease(bucket, perSecond, Math.max(tokens, Math.ceil(perSecond * LEASE_SECONDS)), tokens);
    if (granted === 0) {
      if (empty.size > MOST_BUCKETS) empty.clear();
      empty.set(bucket, { tokens, until: Date.now() + waitMs });
      return Math.max(1, waitMs);
    }
    if (held.size > MOST_BUCKETS) held.clear();
    const rest = held.get(bucket);
    const kept = rest && rest.until > Date.now() ? rest.tokens : 0;
    held.set(bucket, { tokens: kept + granted, until: Date.now() + LEASE_LIFE_MS });
    return 0;
  };

  const takeLeased = async (bucket: string, tokens: number, perSecond: number): Promise<Verdict> => {
    try {
      for (;;) {
        const dry = empty.get(bucket);
        if (dry && dry.tokens <= tokens && dry.until > Date.now()) return { allowed: false, waitMs: dry.until - Date.now(), remaining: 0 };
        const others = leasing.get(bucket);
        if (others) {
          await others.catch(() => {});
        } else {
          const mine = renewLease(bucket, tokens, perSecond).finally(() => leasing.delete(bucket));
          leasing.set(bucket, mine);
          const waitMs = await mine;
          if (waitMs > 0) return { allowed: false, waitMs, remaining: 0 };
        }
        const verdict = takeHeld(bucket, tokens);
        if (verdict) return verdict;
      }
    } catch (error) {
      reportFault("stream", error);
      return UNLIMITED;
    }
  };

  return {
    take(bucket, tokens, perSecond) {
      if (perSecond === 0 || tokens === 0) return UNLIMITED;
      return takeHeld(bucket, tokens) ?? takeLeased(bucket, tokens, perSecond);
    },
  };
}
