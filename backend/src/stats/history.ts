import type { History } from "@streamforge/shared";
import type { Redis } from "ioredis";
import type { RedisKeys } from "../stream/keys.js";
import type { Sample } from "./rates.js";
import { seriesOf } from "./series.js";

export interface HistoryKeeper {
  /** Keeps a sample, unless another API process has kept one of the same second. Never rejects. */
  record(sample: Sample): Promise<void>;
  series(minutes: number): History;
}

const KEPT_SECONDS = 3_700;

/**
 * The last hour, second by second. It lives in a capped stream in Redis, so that a restart does not blank the chart and several
 * API processes tell the same story; each has it in memory too.
 */
export function createHistory({ redis, keys }: { redis: Redis; keys: RedisKeys }): HistoryKeeper {
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
      if (busy) return;
      busy = true;
      try {
        const { atMs, accepted, stored, dead, duplicates, backlog } = sample;
        // The second is the entry's id: Redis refuses a second one of the same second.
        const id = `${Math.floor(atMs / 1000) * 1000}-0`;
        const text = [atMs, accepted, stored, dead, duplicates, backlog].join(",");
        await redis.xadd(keys.history, "MAXLEN", "~", KEPT_SECONDS, id, "s", text).catch(ignoreRefusal);
        await catchUp();
      } catch {
        // Redis is away: the next sample's totals hold what this one's would have.
      } finally {
        busy = false;
      }
    },
    series: (minutes) => seriesOf(samples, minutes, samples.at(-1)?.atMs ?? 0),
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
