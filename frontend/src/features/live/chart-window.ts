import type { HistoryPoint } from "../../live/live-store.js";

/** The lines of the chart, and the CSS variables of their colours. */
export const series = [
  { key: "accepted", label: "Accepted", color: "--accepted" },
  { key: "stored", label: "Stored", color: "--stored" },
  { key: "duplicates", label: "Duplicates", color: "--duplicates" },
  { key: "dead", label: "Dead", color: "--dead" },
] as const;

/** Columns for the chart: seconds since 1970, then one column of events a second per series; null is a gap. */
export interface ChartColumns {
  at: number[];
  accepted: (number | null)[];
  stored: (number | null)[];
  duplicates: (number | null)[];
  dead: (number | null)[];
}

/** Live points come once a second; a longer silence is drawn as a gap and never bridged by a line that nobody measured. */
const LIVE_GAP_SECONDS = 4;

/**
 * What the chart shows: history for its beginning, live points from where history ends.
 * @param history oldest first, `stepSeconds` apart
 * @param live oldest first, about a second apart; those that history already covers are left out
 * @param toSeconds right edge, by the server's clock
 * @param spanSeconds width of the window
 */
export function chartColumns(
  history: { stepSeconds: number; points: readonly HistoryPoint[] } | undefined,
  live: readonly HistoryPoint[],
  toSeconds: number,
  spanSeconds: number,
): ChartColumns {
  const columns: ChartColumns = { at: [], accepted: [], stored: [], duplicates: [], dead: [] };
  const from = toSeconds - spanSeconds;
  let last = Number.NEGATIVE_INFINITY;
  const append = (points: readonly HistoryPoint[], gapSeconds: number) => {
    for (const point of points) {
      const at = Date.parse(point.at) / 1000;
      if (!(at > last) || at < from - gapSeconds || at > toSeconds + gapSeconds) continue;
      if (at - last > gapSeconds && Number.isFinite(last)) push(columns, last + gapSeconds / 2, null);
      push(columns, at, point);
      last = at;
    }
  };
  const step = history?.stepSeconds ?? 1;
  append(history?.points ?? [], Math.max(LIVE_GAP_SECONDS, step * 2.5));
  append(live, Math.max(LIVE_GAP_SECONDS, step * 2.5));
  return columns;
}

function push(columns: ChartColumns, at: number, point: HistoryPoint | null): void {
  columns.at.push(at);
  columns.accepted.push(point?.accepted ?? null);
  columns.stored.push(point?.stored ?? null);
  columns.duplicates.push(point?.duplicates ?? null);
  columns.dead.push(point?.dead ?? null);
}
