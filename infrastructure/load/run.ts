import { setTimeout as sleep } from "node:timers/promises";
import { createLatencyRecorder, type LatencySummary } from "./histogram.js";
import type { Sender } from "./sender.js";

export interface RunOptions {
  sender: Sender;
  connections: number;
  batch: number;
  seconds: number;
  /** Events a second; unset, every connection sends again as soon as it is answered. */
  eventsPerSecond?: number;
  signal: AbortSignal;
}

/** Counts of a run that is under way. */
export interface Counts {
  requests: number;
  events: number;
  acknowledged: number;
  /** Requests by status, or by the error's code where there was no answer. */
  statuses: Record<string, number>;
  /** Requests that were due and found no free connection. */
  waiting: number;
}

export interface Run {
  counts: Counts;
  latency(): LatencySummary;
  /** Resolves when the time is over and every request has its answer. */
  finished: Promise<{ seconds: number }>;
}

/**
 * Sends for a while. With a rate, latency counts from the moment a request was due, so that a stall of the server shows in
 * every request that it held up, and not in one alone (coordinated omission).
 */
export function startRun({ sender, connections, batch, seconds, eventsPerSecond, signal }: RunOptions): Run {
  const latency = createLatencyRecorder();
  const counts: Counts = { requests: 0, events: 0, acknowledged: 0, statuses: {}, waiting: 0 };
  const startedAt = performance.now();
  const endAt = startedAt + seconds * 1000;
  const over = (): boolean => signal.aborted || performance.now() >= endAt;

  const one = async (dueAt: number): Promise<void> => {
    const { status, error, events, acknowledged } = await sender.post();
    latency.record(performance.now() - dueAt);
    const name = error || String(status);
    counts.statuses[name] = (counts.statuses[name] ?? 0) + 1;
    counts.requests++;
    counts.events += events;
    counts.acknowledged += acknowledged;
    // A server that is gone or refuses must not be asked 10,000 times a second.
    if (acknowledged === 0) await sleep(10);
  };

  const closedLoop = async (): Promise<void> => {
    const lane = async (): Promise<void> => {
      while (!over()) await one(performance.now());
    };
    await Promise.all(Array.from({ length: connections }, lane));
  };

  const openLoop = async (requestsPerSecond: number): Promise<void> => {
    const due: number[] = [];
    const lane = async (): Promise<void> => {
      while (!over() || due.length > 0) {
        const at = due.shift();
        counts.waiting = due.length;
        if (at === undefined) await sleep(1);
        else if (signal.aborted) return;
        else await one(at);
      }
    };
    const clock = async (): Promise<void> => {
      for (let n = 0; !over(); await sleep(1)) {
        for (
          let at = startedAt + (n * 1000) / requestsPerSecond;
          at <= performance.now() && at < endAt;
          at = startedAt + (++n * 1000) / requestsPerSecond
        )
          due.push(at);
      }
    };
    await Promise.all([clock(), ...Array.from({ length: connections }, lane)]);
  };

  const work = eventsPerSecond === undefined ? closedLoop() : openLoop(eventsPerSecond / batch);
  return { counts, latency: latency.summary, finished: work.then(() => ({ seconds: (performance.now() - startedAt) / 1000 })) };
}
