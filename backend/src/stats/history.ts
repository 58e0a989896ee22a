import type { History } from "@streamforge/shared";
import type { Redis } from "ioredis";
import { reportFault } from "../lib/faults.js";
import type { RedisKeys } from "../stream/keys.js";
import type { Minutes } from "./minutes.js";
import type { Sample } from "./rates.js";
import { seriesOf } from "./series.js";

export interface HistoryKeeper {
  /** Keeps a sample, unless another API process has kept one of the same second. Never rejects. */
  record(sample: Sample): Promise<void>;
  /** The last `minutes`, up to a week. Beyond an hour it rejects with the store's StorageUnavailableError when MongoDB is away. */
  series(minutes: number): Promise<History>;
}

const KEPT_SECONDS = 3_700;
const MINUTE_MS = 60_000;

/**
 * The last hour second by second, and the last week by the minute (see `minutes.ts`). The seconds live in a capped stream in
 * Redis, so that a restart does not blank the chart and several API processes tell the same story; each has them in memory too.
 */
export function createHistory({ redis, keys, minutes }: { redis: Redis; keys: RedisKeys; minutes: Minutes }): HistoryKeeper {
  let samples: Sample[] = [];
  let readUpTo = "-";
  let busy = false;

  const catchUp = async (): Promise<void> => {
    const entries = await redis.xrange(keys.history, readUpTo, "+");
    if (entries.length === 0) return;
    readUpTo = `(${(entries.at(-1) as [string, string[]])[0]}`;
    samples = [...samples, ...entries.flatMap(([, fields]) => sampleOfText(fields[1]))].slice(-KEPT_SECONDS);
  };

  return {
    async record(sample) {
      void minutes.record(sample);
      if (busy) return;
      busy = true;
      try {
        const { atMs, accepted, stored, dead, duplicates, backlog } = sample;
        // The second is the entry's id: Redis refuses a second one of the same second.
        const id = `${Math.floor(atMs / 1000) * 1000}-0`;
        const text = [atMs, accepted, stored, dead, duplicates, backlog].join(",");
        await redis.xadd(keys.history, "MAXLEN", "~", KEPT_SECONDS, id, "s", text).catch(ignoreRefusal);
        await catchUp();
      } catch (error) {
        // Redis is away: the next sample's totals hold what this one's would have.
        reportFault("statistics", error);
      } finally {
        busy = false;
      }
    },

    async series(back) {
      const nowMs = samples.at(-1)?.atMs ?? 0;
      if (back <= 60) return seriesOf(samples, back, nowMs);
      // A minute more, for the totals at the first edge; and the seconds since the last whole minute, for the last.
      const older = await minutes.since(nowMs - (back + 1) * MINUTE_MS);
      const lastMs = older.at(-1)?.atMs ?? 0;
      return seriesOf([...older, ...samples.filter(({ atMs }) => atMs > lastMs)], back, nowMs);
    },
  };
}

/** Another process was first, or memory is full: the chart is not worth an error. */
function ignoreRefusal(error: Error): void {
  if (error.name !== "ReplyError") throw error;
}

function sampleOfText(text: string | undefined): Sample[] {
  const numbers = (text ?? "").split(",").map(Number);
  if (numbers.length !== 6 || numbers.some(Number.isNaN)) return [];
  const [atMs, accepted, stored, dead, duplicates, backlog] = numbers as [number, number, number, number, number, number];
  return [{ atMs, accepted, stored, dead, duplicates, backlog }];
}
