import type { Totals } from "../stream/depth.js";

/** Cumulative totals at a moment of Redis's clock. */
export interface Sample {
  atMs: number;
  accepted: number;
  stored: number;
  dead: number;
  /** Answered as duplicates on their way in, or found out when they were to be stored. */
  duplicates: number;
  backlog: number;
}

export type Rate = Omit<Sample, "atMs" | "backlog">;

export function sampleOf(atMs: number, totals: Totals, backlog: number): Sample {
  const { accepted, stored, dead, duplicate, deduped } = totals;
  return { atMs, accepted, stored, dead, duplicates: duplicate + deduped, backlog };
}

const NO_RATE: Rate = { accepted: 0, stored: 0, dead: 0, duplicates: 0 };
const KEPT_MS = 60_000;

export interface Rates {
  add(sample: Sample): void;
  /** Events a second over the last `ms`, or since there are samples; backlog's growth a second too. Zero before the second sample. */
  over(ms: number): Rate & { backlog: number };
}

/** Rates of the last minute, from cumulative totals: whatever was missed between two looks is in the next one. */
export function createRates(): Rates {
  let samples: Sample[] = [];
  return {
    add(sample) {
      const last = samples.at(-1);
      if (last && sample.atMs <= last.atMs) return;
      // Totals that went back are another Redis's: rates across that would be negative.
      if (last && sample.accepted < last.accepted) samples = [];
      samples = [...samples.filter(({ atMs }) => atMs > sample.atMs - KEPT_MS), sample];
    },
    over(ms) {
      const last = samples.at(-1);
      if (!last || samples.length < 2) return { ...NO_RATE, backlog: 0 };
      // A little slack: a window of 2 s must take the sample that is 1,990 ms old.
      const first = samples.find(({ atMs }) => atMs >= last.atMs - ms * 1.1 && atMs < last.atMs) ?? (samples.at(-2) as Sample);
      return rateBetween(first, last);
    },
  };
}

function rateBetween(first: Sample, last: Sample): Rate & { backlog: number } {
  const perSecond = (column: keyof Sample) => ((last[column] - first[column]) * 1000) / (last.atMs - first.atMs);
  return {
    accepted: perSecond("accepted"),
    stored: perSecond("stored"),
    dead: perSecond("dead"),
    duplicates: perSecond("duplicates"),
    backlog: perSecond("backlog"),
  };
}
