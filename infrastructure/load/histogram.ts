import { createHistogram } from "node:perf_hooks";

export interface LatencySummary {
  count: number;
  /** All in ms. */
  p50: number;
  p90: number;
  p99: number;
  p999: number;
  max: number;
}

export interface LatencyRecorder {
  /** Adds one latency in ms. */
  record(ms: number): void;
  summary(): LatencySummary;
}

const HIGHEST_US = 3_600_000_000;

/** Records latencies with three significant figures in constant memory: Node's own HDR histogram, in µs. */
export function createLatencyRecorder(): LatencyRecorder {
  const histogram = createHistogram({ lowest: 1, highest: HIGHEST_US, figures: 3 });
  const at = (percentile: number): number => (histogram.count === 0 ? 0 : histogram.percentile(percentile) / 1000);
  return {
    record: (ms) => histogram.record(Math.min(HIGHEST_US, Math.max(1, Math.round(ms * 1000)))),
    summary: () => ({
      count: histogram.count,
      p50: at(50),
      p90: at(90),
      p99: at(99),
      p999: at(99.9),
      max: histogram.count === 0 ? 0 : histogram.max / 1000,
    }),
  };
}
