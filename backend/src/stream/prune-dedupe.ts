import type { Redis } from "ioredis";
import type { RedisKeys } from "./keys.js";
import { luaScript } from "./lua.js";

/**
 * Forgets identities whose time is over, in partitions that nothing is sent to: elsewhere appending does it. No identity goes before its
 * window (`dedupeTtlMs`) has passed and its event is settled.
 */
export async function pruneDedupe(
  redis: Redis,
  keys: RedisKeys,
  partitions: number,
  dedupeTtlMs: number,
): Promise<{ removed: number; left: number }> {
  const script = luaScript("prune-dedupe");
  const found = await Promise.all(
    Array.from({ length: partitions }, (_, p) => {
      const { stream, dedupeState, dedupe0, dedupe1, retryAccepted } = keys.partition(p);
      return redis.eval(script, 5, stream, dedupeState, dedupe0, dedupe1, retryAccepted, dedupeTtlMs) as Promise<[number, number]>;
    }),
  );
  return { removed: found.reduce((sum, [gone]) => sum + gone, 0), left: found.reduce((sum, [, left]) => sum + left, 0) };
}
