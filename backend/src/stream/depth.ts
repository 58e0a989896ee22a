import type { Redis } from "ioredis";
import { every } from "../lib/every.js";
import { unlessOutage } from "../lib/faults.js";
import { within } from "../lib/within.js";
import { primariesOf } from "../redis/nodes.js";
import type { RedisKeys } from "./keys.js";
import { luaScript } from "./lua.js";

/** Events since the epoch, cumulative. `deduped` were answered "duplicate" on their way in; `duplicate` were found out when they were to be stored. */
export interface Totals {
  accepted: number;
  stored: number;
  duplicate: number;
  dead: number;
  retried: number;
  deduped: number;
}

export interface PartitionDepth {
  partition: number;
  /** Accepted and not yet settled: in the stream, in a worker's hands, or waiting for a retry. */
  backlogEvents: number;
  /** Packed entries in the stream. */
  entries: number;
  /** Events that wait for their next attempt. */
  retrying: number;
  /** When the oldest unsettled event was accepted, ms by Redis's clock; null when there is none. */
  oldestAtMs: number | null;
  totals: Totals;
  /** How often the ledger's witness has looked at these data; less than before: they are not the same data. */
  samples: number;
}

/** How full the stream is. When Redis does not answer, this is the last picture: `atMs` tells how old it is. */
export interface Depth {
  /** When it was taken, ms by this process's clock; 0 before the first. */
  atMs: number;
  /** The same moment by Redis's clock. */
  redisAtMs: number;
  /** Redis answered within the last second and a half in which this process could hear it. */
  redisOk: boolean;
  /** When a picture showed less than the one before it: Redis lost data (ms by this process's clock); 0 when none has. */
  wentBackAtMs: number;
  backlogEvents: number;
  /** How fast events are settled, by the last seconds. */
  settledPerSecond: number;
  /** Accepted, never settled, and in no place any more; and since when it is so many (Redis's clock, ms). */
  goneEvents: number;
  goneSinceMs: number;
  retrying: number;
  oldestAtMs: number | null;
  /** Age of the oldest unsettled event when the picture was taken; null when there is none. */
  oldestAgeSeconds: number | null;
  totals: Totals;
  partitions: PartitionDepth[];
  /** Redis's memory; `maxBytes` is 0 when it has no limit. */
  memory: { usedBytes: number; maxBytes: number; version: string };
  /** Share of maxmemory in use; 0 when there is no limit. */
  memoryRatio: number;
}

export interface DepthOptions {
  redis: Redis;
  keys: RedisKeys;
  partitions: number;
  pollMs?: number;
}

export interface DepthMonitor {
  /** The latest picture. */
  current(): Depth;
  close(): Promise<void>;
}

const STALE_MS = 1_500;
const MEMORY_EVERY_MS = 1_000;
/** A poll without an answer for this long is given up, so that the ones after a half-open connection was cut are made. */
const POLL_TIMEOUT_MS = 2_000;

type PartitionReply = [nowMs: number, totals: string[], entries: number, firstId: string, retrying: number, oldestRetryMs: string];

/** Watches how full the stream is: one round trip every `pollMs`, of a cluster one to each node. */
export function createDepth({ redis, keys, partitions, pollMs = 250 }: DepthOptions): DepthMonitor {
  redis.defineCommand("sfDepth", { numberOfKeys: 4, lua: luaScript("depth") });
  const sfDepth = (redis as unknown as { sfDepth(...names: string[]): Promise<PartitionReply> }).sfDepth.bind(redis);
  let latest: Picture & { atMs: number } = { ...emptyPicture(), atMs: 0 };
  let wentBackAtMs = 0;
  let settledPerSecond = 0;
  let goneSinceMs = 0;
  /** By partition: accepted, never settled, and in no place any more. They would stand in the backlog for ever. */
  const gone: number[] = Array.from({ length: partitions }, () => 0);
  let memory = latest.memory;
  let memoryAtMs = 0;
  let polling = false;
  /** Counted, not timed: while this process itself is held up no tick comes, and Redis is not to blame. */
  const mostUnheard = STALE_MS / pollMs;
  let unheard = mostUnheard;

  const poll = async (): Promise<void> => {
    const startedAtMs = Date.now();
    const withMemory = startedAtMs - memoryAtMs >= MEMORY_EVERY_MS;
    const looks = Array.from({ length: partitions }, (_, p) => {
      const { stream, totals, retryDue, retryAccepted } = keys.partition(p);
      return sfDepth(stream, totals, retryDue, retryAccepted);
    });
    const infos = withMemory ? primariesOf(redis).map((server) => server.info("memory", "server")) : [];
    const [replies, texts] = await within(POLL_TIMEOUT_MS, "Redis", Promise.all([Promise.all(looks), Promise.all(infos)]));
    if (withMemory) {
      memory = fullestOf(texts.map(memoryOf));
      memoryAtMs = startedAtMs;
    }
    const picture = pictureOf(replies, memory, gone);
    if (picture.partitions.some((now, p) => isBehind(now, latest.partitions[p]))) wentBackAtMs = startedAtMs;
    if (picture.goneEvents !== latest.goneEvents) goneSinceMs = picture.redisAtMs;
    settledPerSecond += PACE_WEIGHT * (paceBetween(latest, picture) - settledPerSecond);
    latest = { ...picture, atMs: startedAtMs };
    unheard = 0;
  };

  const tick = (): void => {
    unheard++;
    if (polling || redis.status !== "ready") return;
    polling = true;
    poll()
      .catch(unlessOutage("stream")) // The picture's age tells.
      .finally(() => {
        polling = false;
      });
  };
  const ticks = every(pollMs, tick, { now: true, onError: unlessOutage("stream") });

  return {
    current: () => ({ ...latest, settledPerSecond, wentBackAtMs, goneSinceMs, redisOk: redis.status === "ready" && unheard < mostUnheard }),
    close: ticks.close,
  };
}

type Picture = Omit<Depth, "redisOk" | "atMs" | "settledPerSecond" | "wentBackAtMs" | "goneSinceMs">;

/** What the newest picture counts of a pace: four a second, so that the last seconds do. */
const PACE_WEIGHT = 0.1;

/** Events settled a second between two pictures. */
function paceBetween(before: Picture, now: Picture): number {
  const settled = ({ totals: { stored, duplicate, dead } }: Picture): number => stored + duplicate + dead;
  const seconds = (now.redisAtMs - before.redisAtMs) / 1_000;
  return before.redisAtMs === 0 || seconds <= 0 ? 0 : Math.max(0, settled(now) - settled(before)) / seconds;
}

/** Whatever is read later of the same data is not less. */
function isBehind(now: PartitionDepth, before: PartitionDepth | undefined): boolean {
  return before !== undefined && (now.totals.accepted < before.totals.accepted || now.samples < before.samples);
}

function emptyPicture(): Picture {
  return pictureOf([], { usedBytes: 0, maxBytes: 0, version: "" });
}

/** @param gone by partition, what is known to be in no place any more; brought up to date */
function pictureOf(replies: PartitionReply[], memory: Depth["memory"], gone: number[] = []): Picture {
  const partitions = replies.map((reply, p) => {
    const depth = partitionDepth(reply, p);
    const unsettled = depth.backlogEvents;
    // One picture of everything: with no entry and no retry there is nothing in flight, whatever the totals say.
    if (depth.entries === 0 && depth.retrying === 0) gone[p] = unsettled;
    gone[p] = Math.min(gone[p] ?? 0, unsettled);
    return { ...depth, backlogEvents: unsettled - gone[p] };
  });
  const oldest = partitions.flatMap(({ oldestAtMs }) => oldestAtMs ?? []);
  const oldestAtMs = oldest.length > 0 ? Math.min(...oldest) : null;
  const redisAtMs = Math.max(0, ...replies.map(([nowMs]) => nowMs));
  return {
    redisAtMs,
    backlogEvents: sum(partitions, ({ backlogEvents }) => backlogEvents),
    goneEvents: gone.reduce((total, events) => total + events, 0),
    retrying: sum(partitions, ({ retrying }) => retrying),
    oldestAtMs,
    oldestAgeSeconds: oldestAtMs === null ? null : Math.max(0, redisAtMs - oldestAtMs) / 1000,
    totals: {
      accepted: sum(partitions, ({ totals }) => totals.accepted),
      stored: sum(partitions, ({ totals }) => totals.stored),
      duplicate: sum(partitions, ({ totals }) => totals.duplicate),
      dead: sum(partitions, ({ totals }) => totals.dead),
      retried: sum(partitions, ({ totals }) => totals.retried),
      deduped: sum(partitions, ({ totals }) => totals.deduped),
    },
    partitions,
    memory,
    memoryRatio: memory.maxBytes > 0 ? memory.usedBytes / memory.maxBytes : 0,
  };
}

function partitionDepth([, fields, entries, firstId, retrying, oldestRetryMs]: PartitionReply, partition: number): PartitionDepth {
  const counts = new Map<string, number>();
  for (let i = 0; i < fields.length; i += 2) counts.set(fields[i] as string, Number(fields[i + 1]));
  const of = (name: string): number => counts.get(name) ?? 0;
  const totals = {
    accepted: of("accepted"),
    stored: of("stored"),
    duplicate: of("duplicate"),
    dead: of("dead"),
    retried: of("retried"),
    deduped: of("deduped"),
  };
  const unsettled = [firstId, oldestRetryMs].filter((text) => text !== "").map((text) => Number.parseInt(text, 10));
  return {
    partition,
    backlogEvents: Math.max(0, totals.accepted - totals.stored - totals.duplicate - totals.dead),
    entries,
    retrying,
    oldestAtMs: unsettled.length > 0 ? Math.min(...unsettled) : null,
    totals,
    samples: of("samples"),
  };
}

/** Of several servers the one that will be full first. */
function fullestOf(memories: Depth["memory"][]): Depth["memory"] {
  const ratio = ({ usedBytes, maxBytes }: Depth["memory"]) => (maxBytes > 0 ? usedBytes / maxBytes : 0);
  return memories.reduce((fullest, one) => (ratio(one) > ratio(fullest) ? one : fullest), memories[0] ?? memoryOf(""));
}

function memoryOf(info: string): Depth["memory"] {
  const field = (name: string): string => new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(info)?.[1] ?? "";
  return {
    usedBytes: Number(field("used_memory")),
    maxBytes: Number(field("maxmemory")),
    version: field("valkey_version") || field("redis_version"),
  };
}

function sum<T>(items: T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
