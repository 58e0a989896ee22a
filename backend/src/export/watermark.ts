import type { Redis } from "ioredis";
import { primariesOf } from "../redis/nodes.js";
import type { RedisKeys } from "../stream/keys.js";

/**
 * Up to when everything is stored that ever will be, in ms: no event with an earlier `storedAt` comes into MongoDB after this moment.
 *
 * An entry leaves the stream only after its events are durable, and a worker never gives an event a `storedAt` before the time of the
 * entry that it came in, which is Redis's (`worker/steps/to-document.ts`). So what can still come is no older than the oldest entry there
 * is, or than Redis's clock when there is none, whatever the clocks of the workers say.
 * Redis's clock first: an entry that is appended after that has a later time.
 */
export async function storedUntil(redis: Redis, keys: RedisKeys, partitions: number): Promise<number> {
  const times = await Promise.all(primariesOf(redis).map((server) => server.time()));
  const oldest = await Promise.all(
    Array.from({ length: partitions }, (_, p) => redis.xrange(keys.partition(p).stream, "-", "+", "COUNT", 1)),
  );
  const entries = oldest.flatMap(([first]) => (first ? [Number.parseInt(first[0], 10)] : []));
  return Math.min(...times.map(([seconds, micros]) => Number(seconds) * 1000 + Math.floor(Number(micros) / 1000)), ...entries);
}
