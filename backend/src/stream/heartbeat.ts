import type { Redis } from "ioredis";
import { every } from "../lib/every.js";
import { unlessOutage } from "../lib/faults.js";

/** Unexpected errors of a process since its start; null when there were none. */
export interface FaultCount {
  count: number;
  lastAtMs: number;
  lastWhere: string;
}

/** What a worker says of itself every second, in the hash `workers` under its name. */
export interface WorkerHeartbeat {
  name: string;
  host: string;
  pid: number;
  startedAtMs: number;
  atMs: number;
  storedPerSecond: number;
  inHand: number;
  circuit: "closed" | "open" | "half-open";
  rssBytes: number;
  faults: FaultCount | null;
  /** Accepted to stored, ms, over the last seconds. */
  storeP50: number | null;
  storeP99: number | null;
}

/** What a source of events besides HTTP says of itself every second, in the hash `sources`. */
export interface SourceHeartbeat {
  name: string;
  kind: "kafka";
  host: string;
  pid: number;
  startedAtMs: number;
  atMs: number;
  rssBytes: number;
  faults: FaultCount | null;
  /** It has joined its group, and the brokers answer. */
  ready: boolean;
  /** Messages taken in, over the last seconds. */
  messagesPerSecond: number;
  /** What stands in its way, in words; empty while it is well. */
  troubles: { code: string; what: string; reason: string; sinceMs: number }[];
  missingTopics: string[];
  /** Messages that Kafka deleted before they were read, since the process started. */
  deletedMessages: number;
  topics: SourceTopicView[];
}

/** What one process reads of a topic. */
export interface SourceTopicView {
  topic: string;
  tenantId: string;
  partitions: number;
  /** Messages that are there and not yet durable here. */
  lagMessages: number;
  /** Age of the oldest of them. */
  lagSeconds: number;
  /** Partitions that wait, and why the first of them does. */
  paused: number;
  pausedFor: string | null;
}

/** What an API process says of itself every second, in the hash `apis`. */
export interface ApiHeartbeat {
  name: string;
  host: string;
  pid: number;
  startedAtMs: number;
  atMs: number;
  rssBytes: number;
  faults: FaultCount | null;
  /** Time to answer an ingest request, ms, over the last seconds. */
  acceptP50: number | null;
  acceptP99: number | null;
  /** Failed tries at passwords, the admin token and API keys, an account each; absent in older versions. */
  failedTries?: FailedTriesView[];
}

/** Failed tries at one account, or one door, in the last minutes. */
export interface FailedTriesView {
  door: "password" | "admin-token" | "api-key";
  /** E-mail of the account; null when nobody has it, or the door has none. */
  email: string | null;
  /** Looked at, and refused unseen. */
  guesses: number;
  refused: number;
  /** At least this many. */
  addresses: number;
  fromMs: number;
}

const EVERY_MS = 1_000;

/** Writes a heartbeat each second (or so often as told) until closed, and takes it back then. A process that died leaves its last one: readers judge by `atMs`. */
export function startHeartbeat<T extends { name: string }>(
  redis: Redis,
  key: string,
  describe: () => T | Promise<T>,
  everyMs = EVERY_MS,
): { close(): Promise<void> } {
  let closed = false;
  const beat = async (): Promise<void> => {
    const now = await describe();
    if (!closed) await redis.hset(key, now.name, JSON.stringify(now));
  };
  const beats = every(everyMs, beat, { now: true, onError: unlessOutage("heartbeat") });
  return {
    async close() {
      closed = true;
      // Not waited for: a beat that is under way is ahead of this on the same connection.
      void beats.close();
      await redis.hdel(key, (await describe()).name).catch(() => {});
    },
  };
}

/** Heartbeats not older than `withinMs`; older ones are removed. */
export async function readHeartbeats<T extends { name: string; atMs: number }>(
  redis: Redis,
  key: string,
  nowMs: number,
  withinMs: number,
): Promise<T[]> {
  const all = Object.values(await redis.hgetall(key)).map((text) => JSON.parse(text) as T);
  const gone = all.filter((beat) => beat.atMs < nowMs - withinMs).map((beat) => beat.name);
  if (gone.length > 0) await redis.hdel(key, ...gone);
  return all.filter((beat) => beat.atMs >= nowMs - withinMs);
}
