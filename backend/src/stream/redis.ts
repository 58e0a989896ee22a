import { readFileSync } from "node:fs";
import { Redis } from "ioredis";

/**
 * A connection to Redis under the rules that keep acknowledged events safe.
 * - `autoResendUnfulfilledCommands: false`: a command whose reply was lost has an unknown outcome; only its sender knows how to repeat it.
 * - `enableOfflineQueue: false`: nothing waits invisibly in this process while Redis is away.
 * - `maxRetriesPerRequest: 0`: a command ends with its connection. With `null` and no resending, ioredis forgets it: its
 *   promise never settles (found by killing Redis under load: the worker waited for ever).
 * @param commandTimeoutMs after this long a command without a reply fails, whether it ran or not: behind a Redis that is frozen nobody
 *   may wait for ever. Not for connections that block on reads, nor for appends, whose outcome only a repetition tells.
 */
export function connectRedis(url: string, name: string, onError: (error: Error) => void, commandTimeoutMs?: number): Redis {
  const redis = new Redis(url, {
    connectionName: name,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    enableReadyCheck: true,
    lazyConnect: true,
    ...(commandTimeoutMs === undefined ? {} : { commandTimeout: commandTimeoutMs }),
    connectTimeout: 5_000,
    // RESP3 changes the shape of XREADGROUP and XAUTOCLAIM replies for raw commands.
    protocol: 2,
    keepAlive: 10_000,
    noDelay: true,
    retryStrategy: (times) => Math.min(50 * 2 ** Math.min(times, 5), 1_000),
    reconnectOnError: (error) => error.message.startsWith("READONLY"),
  });
  redis.on("error", onError);
  return redis;
}

/** Connects, or says in one sentence why it could not. */
export async function awaitRedis(redis: Redis, timeoutMs = 10_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  if (redis.status === "wait") redis.connect().catch(() => {});
  while (redis.status !== "ready") {
    if (Date.now() > deadline) {
      redis.disconnect();
      throw new Error(
        `Redis does not answer at ${redactUrl(redisUrlOf(redis))}. Is it running? Set REDIS_URL, or leave it unset and use npm start.`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function redisUrlOf(redis: Redis): string {
  return `redis://${redis.options.host}:${redis.options.port}`;
}

/** The URL without its password, for messages. */
export function redactUrl(url: string): string {
  return url.replace(/\/\/([^@/]*)@/, "//***@");
}

/** Loads a `.lua` file; the path is the same from `src` and from `dist`. */
export function luaScript(name: string): string {
  return readFileSync(new URL(`../../src/stream/scripts/${name}.lua`, import.meta.url), "utf8");
}
