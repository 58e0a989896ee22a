import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { HistoryPoint } from "../../live/live-store.js";
import { chartColumns } from "./chart-window.js";

const point = (second: number, accepted = second): HistoryPoint => ({
  at: new Date(second * 1000).toISOString(),
  accepted,
  stored: 0,
  dead: 0,
  duplicates: 0,
  backlog: 0,
});
const points = (from: number, to: number, step = 1) =>
  Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => point(from + i * step));

describe("chartColumns", () => {
  it("takes history for the beginning and live points from where it ends, each second once", () => {
    const columns = chartColumns({ stepSeconds: 1, points: points(1000, 1100) }, points(1090, 1120), 1120, 300);
    expect(columns.at).toEqual(points(1000, 1120).map((p) => Date.parse(p.at) / 1000));
    expect(columns.accepted).toEqual(columns.at);
  });

  it("leaves a gap where nothing was measured", () => {
    const columns = chartColumns(undefined, [...points(1000, 1003), ...points(1020, 1022)], 1022, 300);
    expect(columns.accepted).toEqual([1000, 1001, 1002, 1003, null, 1020, 1021, 1022]);
  });

  it("takes no gap from history's own step", () => {
    expect(chartColumns({ stepSeconds: 10, points: points(1000, 1600, 10) }, [], 1600, 3600).accepted).not.toContain(null);
  });

  it("drops what is out of the window", () => {
    expect(chartColumns(undefined, points(1000, 1400), 1400, 300).at[0]).toBeGreaterThanOrEqual(1096);
  });

  it("gives times that only rise, whatever comes", () => {
    const seconds = fc.array(fc.integer({ min: 0, max: 500 }));
    fc.assert(
      fc.property(seconds, seconds, (history, live) => {
        const { at } = chartColumns(
          { stepSeconds: 1, points: history.map((s) => point(s)) },
          live.map((s) => point(s)),
          500,
          300,
        );
        expect(at.every((value, index) => index === 0 || value > (at[index - 1] as number))).toBe(true);
      }),
    );
  });
});
