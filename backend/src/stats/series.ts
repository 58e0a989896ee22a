import type { History } from "@streamforge/shared";
import type { Sample } from "./rates.js";

/** Never more points than a chart has pixels. */
export const MOST_POINTS = 1_500;
const MINUTE_STEPS = [60, 120, 300, 600];

/** Seconds between points: a second up to ten minutes, ten up to an hour, beyond whole minutes. */
export function stepSecondsFor(minutes: number): number {
  if (minutes <= 10) return 1;
  if (minutes <= 60) return 10;
  return MINUTE_STEPS.find((step) => (minutes * 60) / step <= MOST_POINTS) ?? 600;
}

/**
 * Events a second per step, from cumulative samples. Totals are interpolated at the steps' edges, so that the points sum up to
 * the true totals however irregular the samples are.
 * @param samples oldest first. Totals that went back are another Redis's: there is no point across that, those before it stay
 */
export function seriesOf(samples: Sample[], minutes: number, nowMs: number): History {
  const stepSeconds = stepSecondsFor(minutes);
  return { stepSeconds, points: unbroken(samples).flatMap((run) => pointsOf(run, stepSeconds, nowMs - minutes * 60_000)) };
}

/** Runs of samples within which no total goes back. */
function unbroken(samples: Sample[]): Sample[][] {
  const runs: Sample[][] = [];
  for (const sample of samples) {
    const run = runs.at(-1);
    const before = run?.at(-1);
    if (!run || !before || TOTALS.some((column) => sample[column] < before[column])) runs.push([sample]);
    else run.push(sample);
  }
  return runs;
}

const TOTALS = ["accepted", "stored", "dead", "duplicates"] as const;

function pointsOf(samples: Sample[], stepSeconds: number, fromMs: number): History["points"] {
  const stepMs = stepSeconds * 1000;
  const [first] = samples;
  const last = samples.at(-1);
  if (!first || !last) return [];
  const begin = Math.ceil(Math.max(first.atMs, fromMs) / stepMs) * stepMs;
  const points: History["points"] = [];
  const at = interpolator(samples);
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
  return points;
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
