import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { Redis } from "ioredis";
import type { Config } from "../config.js";
import type { RedisKeys } from "./keys.js";

/**
 * A connection to Redis under the rules that keep acknowledged events safe.
 * - `autoResendUnfulfilledCommands: false`: a command whose reply was lost has an unknown outcome; only its sender knows how to repeat it.
 * - `enableOfflineQueue: false`: nothing waits invisibly in this process while Redis is away.
 * - `maxRetriesPerRequest: 0`: a command ends with its connection. With `null` and no resending, ioredis forgets it: its
 *   promise never settles (found by killing Redis under load: the worker waited for ever).
 */
export function connectRedis(url: string, name: string, onError: (error: Error) => void): Redis {
  const redis = new Redis(url, {
    connectionName: name,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    enableReadyCheck: true,
    lazyConnect: true,
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

/**
 * Refuses a Redis under which acknowledged events could be lost.
 * @returns what is unsafe, in words that name the setting; empty when nothing is
 */
export async function unsafeRedisSettings(redis: Redis): Promise<string[]> {
  const wanted: Record<string, (value: string) => string | undefined> = {
    "maxmemory-policy": (value) =>
      value === "noeviction" ? undefined : "evicts keys when memory is full; set maxmemory-policy noeviction",
    appendonly: (value) => (value === "yes" ? undefined : "forgets everything at a restart; set appendonly yes"),
    appendfsync: (value) => (value === "always" ? undefined : "can lose the last second of acknowledged events; set appendfsync always"),
  };
  const unsafe: string[] = [];
  for (const [name, judge] of Object.entries(wanted)) {
    const [, value] = (await redis.config("GET", name)) as [string, string];
    const reason = value === undefined ? undefined : judge(value);
    if (reason) unsafe.push(`Redis ${name} is "${value}": it ${reason}.`);
  }
  const version = /redis_version:(\d+)\.(\d+)/.exec(await redis.info("server"));
  if (version && Number(version[1]) < 7)
    unsafe.push(`Redis ${version[1]}.${version[2]} is too old: StreamForge needs Redis 7.0 or later, or Valkey.`);
  return unsafe;
}

/**
 * The number of partitions. It lives in Redis, because every process must agree on it: the first one to start writes it.
 * @returns the number that counts, and whether it differs from the configured one
 */
export async function agreePartitions(
  redis: Redis,
  keys: RedisKeys,
  config: Pick<Config, "PARTITIONS">,
): Promise<{ partitions: number; differs: boolean }> {
  await redis.set(keys.partitionCount, config.PARTITIONS, "NX");
  const partitions = Number(await redis.get(keys.partitionCount));
  return { partitions, differs: partitions !== config.PARTITIONS };
}

/** The random name of this Redis data set, made by the first process that finds none. */
export async function agreeEpoch(redis: Redis, keys: RedisKeys): Promise<string> {
  await redis.set(keys.epoch, randomUUID(), "NX");
  return (await redis.get(keys.epoch)) as string;
}

/**
 * Keeps the number of partitions where it was agreed: a Redis that was wiped under running processes has forgotten it, and the next
 * process to start would write its own. Its events would then lie where nobody reads.
 * @param onDiffers told once when Redis has another number: this process must be started again
 */
export function keepPartitions(redis: Redis, keys: RedisKeys, partitions: number, onDiffers: (found: number) => void): { close(): void } {
  let told = false;
  const timer = setInterval(async () => {
    if (redis.status !== "ready") return;
    const found = await redis.set(keys.partitionCount, partitions, "NX", "GET").catch(() => null);
    if (found === null || Number(found) === partitions || told) return;
    told = true;
    onDiffers(Number(found));
  }, KEEP_EVERY_MS);
  timer.unref();
  return { close: () => clearInterval(timer) };
}

const KEEP_EVERY_MS = 1_000;
