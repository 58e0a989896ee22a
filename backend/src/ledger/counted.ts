import type { Redis } from "ioredis";
import type { RedisKeys } from "../stream/keys.js";
import type { AlarmDocument, Alarms } from "./alarms.js";
import { readAccepted } from "./samples.js";

export interface AcceptCountOptions {
  redis: Redis;
  keys: RedisKeys;
  partitions: number;
  alarms: Alarms;
  /** Unique to this process. */
  name: string;
  /** Events that this process has accepted since its start, by its own count. */
  ownAccepted: () => Promise<number>;
  /** Redis's clock, ms. */
  now: () => number;
  onError: (error: Error) => void;
}

/** What this process has accepted, second by second, for the day on which Redis forgets it. */
export interface AcceptCount {
  /** Called once a second, before this process samples. */
  tick(): Promise<void>;
  /** This process has sampled: what it had counted by the tick before was accepted by then. */
  sampled(at: Date): void;
  /** Begins to count for alarms that this process lived through and has not counted for yet. */
  begin(alarms: AlarmDocument[]): void;
}

const KEPT_SECONDS = 3_600;
const KEPT_SAMPLES = 60;
/** Redis's clock as this process knows it may be off by so much. */
const CLOCK_MARGIN_MS = 500;
/** And by so much right after it was read. */
const START_MARGIN_MS = 100;
/** What Redis accepted by then is in this process's count a second later: an answer counts when it is made. */
const SETTLE_MS = 1_000;

/**
 * Reports to each alarm how much this process accepted since the last sample. It counts by what it answered, so that the
 * count does not hang on Redis.
 */
export function createAcceptCount({ redis, keys, partitions, alarms, name, ownAccepted, now, onError }: AcceptCountOptions): AcceptCount {
  const startedAtMs = now();
  const history: { atMs: number; accepted: number }[] = [];
  const begun = new Map<string, { sinceMs: number; redisAccepted: number; atMs: number } | "reading" | "reported">();

  const exact = new Map<number, number>();

  /** At the last moment known before; 0 when that is forgotten or before the start: then more is counted than was lost, never less. */
  const acceptedBy = (ms: number): number => exact.get(ms) ?? history.findLast(({ atMs }) => atMs <= ms - CLOCK_MARGIN_MS)?.accepted ?? 0;

  return {
    async tick() {
      const accepted = await ownAccepted();
      const nowMs = now();
      for (const [id, state] of begun) {
        if (typeof state === "string" || nowMs - state.atMs < SETTLE_MS) continue;
        begun.set(id, "reported");
        const report = { name, accepted: accepted - acceptedBy(state.sinceMs), redisAccepted: state.redisAccepted };
        await alarms.report(id, report).catch((error: Error) => {
          begun.set(id, state);
          onError(error);
        });
      }
      history.push({ atMs: nowMs, accepted });
      if (history.length > KEPT_SECONDS) history.shift();
    },

    sampled(at) {
      exact.set(at.getTime(), history.at(-1)?.accepted ?? 0);
      const [oldest] = exact.keys();
      if (exact.size > KEPT_SAMPLES && oldest !== undefined) exact.delete(oldest);
    },

    begin(open) {
      for (const { _id, loss } of open) {
        // Each process samples before it serves: one that is younger than the last sample has accepted nothing before the loss,
        // and its count of nothing would take the place of the estimate.
        if (!loss || begun.has(_id) || startedAtMs > loss.before.at.getTime() + START_MARGIN_MS) continue;
        begun.set(_id, "reading");
        // Read now, after the loss: a figure from before it would be taken off as if it had been accepted since.
        readAccepted(redis, keys, partitions)
          .then((redisAccepted) => begun.set(_id, { sinceMs: loss.before.at.getTime(), redisAccepted, atMs: now() }))
          .catch((error: Error) => {
            begun.delete(_id);
            onError(error);
          });
      }
    },
  };
}
