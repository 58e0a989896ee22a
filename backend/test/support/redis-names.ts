import type { Redis } from "ioredis";

/** Names of the keys that fit the pattern. `KEYS` is for administrators: StreamForge's own user may not block the server with it. */
export async function redisNames(redis: Redis, pattern: string): Promise<string[]> {
  const found = new Set<string>();
  for await (const names of redis.scanStream({ match: pattern, count: 1_000 })) for (const name of names as string[]) found.add(name);
  return [...found];
}
