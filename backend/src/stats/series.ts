import type { History } from "@streamforge/shared";
import type { Sample } from "./rates.js";

/** A second each up to ten minutes, ten seconds each beyond: never more points than a chart has pixels. */
export const stepSecondsFor = (minutes: number): number => (minutes <= 10 ? 1 : 10);

/**
 * Events a second per step, from cumulative samples. Totals are interpolated at the steps' edges, so that the points sum up to
 * the true totals however irregular the samples are.
 * @param samples oldest first; what lies before totals that went back is left out
 */
export function seriesOf(samples: Sample[], minutes: number, nowMs: number): History {
  const stepSeconds = stepSecondsFor(minutes);
  const stepMs = stepSeconds * 1000;
  const usable = samples.slice(
    samples.findLastIndex((sample, i) => i > 0 && sample.accepted < (samples[i - 1] as Sample).accepted) + 1 || 0,
  );
  const [first] = usable;
  const last = usable.at(-1);
  if (!first || !last) return { stepSeconds, points: [] };

  const begin = Math.ceil(Math.max(first.atMs, nowMs - minutes * 60_000) / stepMs) * stepMs;
  const points: History["points"] = [];
  const at = interpolator(usable);
  let before = at(begin);
  for (let edge = begin + stepMs; edge <= last.atMs; edge += stepMs) {
    const now = at(edge);
    points.push({
      at: new Date(edge).toISOString(),
      accepted: perSecond(before.accepted, now.accepted, stepSeconds),
      stored: perSecond(before.stored, now.stored, stepSeconds),
      dead: perSecond(before.dead, now.dead, stepSeconds),
      duplicates: perSecond(before.duplicates, now.duplicates, stepSeconds),
      backlog: Math.round(now.backlog),
    });
    before = now;
  }
  return { stepSeconds, points };
}

function perSecond(before: number, now: number, seconds: number): number {
  return Math.round(((now - before) * 100) / seconds) / 100;
}

/** Totals at a time between the first and the last sample; to be asked for times in rising order. */
function interpolator(samples: Sample[]): (atMs: number) => Sample {
  let i = 0;
  return (atMs) => {
    while (i < samples.length - 2 && (samples[i + 1] as Sample).atMs < atMs) i++;
    const left = samples[i] as Sample;
    const right = samples[i + 1] ?? left;
    const share = right.atMs === left.atMs ? 0 : Math.min(1, (atMs - left.atMs) / (right.atMs - left.atMs));
    const between = (column: keyof Sample) => left[column] + (right[column] - left[column]) * share;
    return {
      atMs,
      accepted: between("accepted"),
      stored: between("stored"),
      dead: between("dead"),
      duplicates: between("duplicates"),
      backlog: between("backlog"),
    };
  };
}
