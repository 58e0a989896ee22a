import type { Redis } from "ioredis";
import { every } from "../lib/every.js";
import { unlessOutage } from "../lib/faults.js";
import { ownerOf } from "../redis/nodes.js";

/** How often a process listens for silence, and speaks when there was one. */
const HEARTBEAT_MS = 250;

/** After this much silence nothing that is cached counts: a revocation may have been said where we could not hear it. */
export const SILENCE_MS = 1_000;

const HEARTBEAT = "heartbeat";

/**
 * The line on which processes tell each other that keys changed.
 *
 * Why hearing a heartbeat proves something: one Redis connection delivers in order, so a revocation that was published
 * before the heartbeat on a connection that did not break has been heard before it. In a cluster all of it is published at, and heard from,
 * the one node that has the channel's name as a key. A connection that broke proves
 * nothing about what was said meanwhile: `coveredFromMs` moves up to the first message on the new one.
 */
export interface Invalidation {
  /** Whether a record whose loading began then (`performance.now()`) would by now have been told of any change. */
  covers(loadedAtMs: number, nowMs: number): boolean;
  /** True for `graceMs` after the line was found again; copies in Redis may be older than a revocation then (fail-over, restored data). */
  recentlyLost(nowMs: number, graceMs: number): boolean;
  close(): Promise<void>;
}

export interface InvalidationDeps {
  redis: Redis;
  /** A connection of its own, because one that subscribes can do nothing else. Closed by `close`. */
  subscriber: Redis;
  channel: string;
  /** Called for every message before it counts as heard. */
  onKeys(keyIds: string[]): void;
}

export function createInvalidation({ redis, subscriber, channel, onKeys }: InvalidationDeps): Invalidation {
  let heardAtMs = Number.NEGATIVE_INFINITY;
  let coveredFromMs = Number.POSITIVE_INFINITY;
  let connected = false;
  let foundAgainAtMs = Number.NEGATIVE_INFINITY;
  let everHeard = false;

  subscriber.on("close", () => {
    connected = false;
    heardAtMs = Number.NEGATIVE_INFINITY;
  });
  subscriber.on("message", (from: string, message: string) => {
    if (from !== channel) return;
    if (message !== HEARTBEAT) onKeys(message.split(","));
    heardAtMs = performance.now();
    if (connected) return;
    connected = true;
    coveredFromMs = heardAtMs;
    if (everHeard) foundAgainAtMs = heardAtMs;
    everHeard = true;
  });
  // ioredis subscribes again by itself after a reconnection, but only to what was subscribed once.
  const subscribe = () => subscriber.subscribe(channel).catch(() => {});
  subscriber.on("ready", subscribe);
  if (subscriber.status === "ready") subscribe();
  else if (subscriber.status === "wait") subscriber.connect().catch(() => {});

  // Anyone who has heard nothing for a while speaks: with many processes about one of them does, with one it is that one.
  const speak = async (): Promise<void> => {
    if (performance.now() - heardAtMs >= HEARTBEAT_MS * 0.8) await ownerOf(redis, channel).publish(channel, HEARTBEAT);
  };
  const beats = every(HEARTBEAT_MS, speak, { onError: unlessOutage("accounts") });

  return {
    covers: (loadedAtMs, nowMs) => nowMs - heardAtMs < SILENCE_MS && loadedAtMs >= coveredFromMs,
    recentlyLost: (nowMs, graceMs) => nowMs - foundAgainAtMs < graceMs,
    async close() {
      subscriber.disconnect();
      await beats.close();
    },
  };
}
