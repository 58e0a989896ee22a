import { randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import type { Config } from "../config.js";
import { every, type Repeated } from "../lib/every.js";
import { unlessOutage } from "../lib/faults.js";
import { primariesOf } from "../redis/nodes.js";
import type { Logger } from "../telemetry/log.js";
import type { RedisKeys } from "./keys.js";

/** What every process of one Redis agrees on. */
export interface DataSet {
  partitions: number;
  /** Settings under which events could be lost, in words; not empty only with `ALLOW_UNSAFE`. */
  unsafe: string[];
  close(): Promise<void>;
}

/**
 * Joins those who work on a Redis: its settings are looked at, the number of partitions and its name agreed on, and kept.
 * @throws in one sentence when acknowledged events could be lost on it and `ALLOW_UNSAFE` is not set
 */
export async function joinDataSet(
  redis: Redis,
  keys: RedisKeys,
  config: Pick<Config, "ALLOW_UNSAFE" | "PARTITIONS">,
  log: Logger,
): Promise<DataSet> {
  const unsafe = await unsafeRedisSettings(redis);
  if (unsafe.length > 0 && !config.ALLOW_UNSAFE) throw new Error(`${unsafe.join("\n")}\nSet ALLOW_UNSAFE=true to start nevertheless.`);
  const partitions = await agreePartitions(redis, keys, config.PARTITIONS);
  if (partitions !== config.PARTITIONS)
    log.warn({ partitions, configured: config.PARTITIONS }, "PARTITIONS differs from Redis's number, which counts");
  await agreeEpoch(redis, keys);
  const kept = keepPartitions(redis, keys, partitions, (found) =>
    log.error({ partitions, found }, "Redis names another number of partitions than this process works with: start it again"),
  );
  return { partitions, unsafe, close: kept.close };
}

/**
 * Under which settings acknowledged events could be lost, on any of its servers.
 * @returns what is unsafe, in words that name the setting; empty when nothing is
 */
async function unsafeRedisSettings(redis: Redis): Promise<string[]> {
  const wanted: Record<string, (value: string) => string | undefined> = {
    "maxmemory-policy": (value) =>
      value === "noeviction" ? undefined : "evicts keys when memory is full; set maxmemory-policy noeviction",
    appendonly: (value) => (value === "yes" ? undefined : "forgets everything at a restart; set appendonly yes"),
    appendfsync: (value) => (value === "always" ? undefined : "can lose the last second of acknowledged events; set appendfsync always"),
  };
  const unsafe = new Set<string>();
  for (const server of primariesOf(redis)) {
    for (const [name, judge] of Object.entries(wanted)) {
      const [, value] = (await server.config("GET", name)) as [string, string];
      const reason = value === undefined ? undefined : judge(value);
      if (reason) unsafe.add(`Redis ${name} is "${value}": it ${reason}.`);
    }
    const version = /redis_version:(\d+)\.(\d+)/.exec(await server.info("server"));
    if (version && Number(version[1]) < 7)
      unsafe.add(`Redis ${version[1]}.${version[2]} is too old: StreamForge needs Redis 7.0 or later, or Valkey.`);
  }
  return [...unsafe];
}

/** The number of partitions. It lives in Redis, because every process must agree on it: the first one to start writes it. */
async function agreePartitions(redis: Redis, keys: RedisKeys, configured: number): Promise<number> {
  await redis.set(keys.partitionCount, configured, "NX");
  return Number(await redis.get(keys.partitionCount));
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
export function keepPartitions(redis: Redis, keys: RedisKeys, partitions: number, onDiffers: (found: number) => void): Repeated {
  let told = false;
  const keep = async (): Promise<void> => {
    if (redis.status !== "ready") return;
    const found = await redis.set(keys.partitionCount, partitions, "NX", "GET");
    if (found === null || Number(found) === partitions || told) return;
    told = true;
    onDiffers(Number(found));
  };
  return every(KEEP_EVERY_MS, keep, { onError: unlessOutage("stream") });
}

const KEEP_EVERY_MS = 1_000;
