import type { Depth } from "../stream/depth.js";

/** A process as its last heartbeat says, and whether it lives. */
export type Seen<T> = T & { alive: boolean };

/** Silent for longer than this, a process is shown as gone. */
export const ALIVE_MS = 5_000;

/** What is known of life besides heartbeats, which need a processor and a Redis that takes them. */
export interface Evidence {
  /** Called with each picture of the stream. */
  look(nowMs: number, depth: Pick<Depth, "redisOk" | "totals">): void;
  /** Since when Redis has answered without a break, ms; infinite while it does not. */
  redisSinceMs(): number;
  /** When events were last seen settled, ms: only workers do that. */
  settledAtMs(): number;
}

export function createEvidence(): Evidence {
  let redisSinceMs = Number.NEGATIVE_INFINITY;
  let settledAtMs = Number.NEGATIVE_INFINITY;
  let settled: number | undefined;
  return {
    look(nowMs, { redisOk, totals }) {
      if (!redisOk) redisSinceMs = Number.POSITIVE_INFINITY;
      else if (redisSinceMs === Number.POSITIVE_INFINITY) redisSinceMs = nowMs;
      const now = totals.stored + totals.duplicate + totals.dead + totals.retried;
      if (settled !== undefined && now > settled) settledAtMs = nowMs;
      settled = now;
    },
    redisSinceMs: () => redisSinceMs,
    settledAtMs: () => settledAtMs,
  };
}

/**
 * Judges heartbeats at the moment they were read. While Redis is away nothing new can be read and the last judgement stands; until it
 * has been back for long enough to hear everybody, nobody becomes silent for what could not be heard.
 */
export function createJudge<T extends { name: string; atMs: number }>(
  evidence: Pick<Evidence, "redisSinceMs">,
): (beats: T[], readAtMs: number) => Seen<T>[] {
  /** By name the last heartbeat of each that was silent. */
  let silent = new Map<string, number>();
  return (beats, readAtMs) => {
    const heardSinceMs = evidence.redisSinceMs();
    const seen = beats.map((beat) => {
      const stillSilent = silent.get(beat.name) === beat.atMs;
      return { ...beat, alive: !stillSilent && readAtMs - Math.max(beat.atMs, heardSinceMs) <= ALIVE_MS };
    });
    silent = new Map(seen.filter(({ alive }) => !alive).map(({ name, atMs }) => [name, atMs]));
    return seen;
  };
}
