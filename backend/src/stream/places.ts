import { Buffer } from "node:buffer";
import type { Redis } from "ioredis";
import { ownerOf } from "../redis/nodes.js";
import type { RedisKeys } from "./keys.js";
import { luaScript } from "./lua.js";

/** How far the streams are. */
export interface Places {
  /** Of each partition, the last id that its stream has given, and Redis's time: all that was acknowledged by now was accepted by then. */
  now(): Promise<{ upTo: string[]; at: Date }>;
  /** Of each partition, the first entry that is not settled, and when the oldest event that waits for a retry was accepted. */
  unsettled(): Promise<{ firstId: string | undefined; oldestRetryMs: number | undefined }[]>;
  /** Forgets acceptances, so that the same events are accepted anew. */
  release(partition: number, acceptances: { identity: string; receipt: Uint8Array }[]): Promise<void>;
}

const NO_STREAM = /no such key/i;
/** What one call holds Redis for: about 0.5 ms. */
const AT_ONCE = 500;

export function createPlaces({ redis, keys, partitions }: { redis: Redis; keys: RedisKeys; partitions: number }): Places {
  redis.defineCommand("sfRelease", { numberOfKeys: 2, lua: luaScript("release") });
  const scripts = redis as unknown as { sfRelease(...args: (string | Buffer)[]): Promise<number> };
  const each = <T>(ask: (p: number) => Promise<T>): Promise<T[]> => Promise.all(Array.from({ length: partitions }, (_, p) => ask(p)));

  return {
    async now() {
      const upTo = await each((p) => lastId(redis, keys.partition(p).stream));
      const [seconds, micros] = await ownerOf(redis, keys.epoch).time();
      return { upTo, at: new Date(Number(seconds) * 1_000 + Number(micros) / 1_000) };
    },
    unsettled: () =>
      each(async (p) => {
        const { stream, retryAccepted } = keys.partition(p);
        // The stream first: what fails for the first time goes from it to the retries, never back without being among them.
        const [first] = await redis.xrange(stream, "-", "+", "COUNT", 1);
        const [, oldestMs] = (await redis.call("ZRANGE", retryAccepted, 0, 0, "WITHSCORES")) as string[];
        return { firstId: first?.[0], oldestRetryMs: oldestMs === undefined ? undefined : Number(oldestMs) };
      }),
    async release(partition, acceptances) {
      const { dedupe0, dedupe1 } = keys.partition(partition);
      for (let from = 0; from < acceptances.length; from += AT_ONCE) {
        const args = acceptances
          .slice(from, from + AT_ONCE)
          .flatMap(({ identity, receipt }) => [Buffer.from(identity, "latin1"), Buffer.from(receipt)]);
        await scripts.sfRelease(dedupe0, dedupe1, ...args);
      }
    },
  };
}

async function lastId(redis: Redis, stream: string): Promise<string> {
  try {
    const info = (await redis.xinfo("STREAM", stream)) as (string | number)[];
    return String(info[info.indexOf("last-generated-id") + 1]);
  } catch (error) {
    if (NO_STREAM.test((error as Error).message)) return "0-0";
    throw error;
  }
}
