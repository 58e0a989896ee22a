import { describe, expect, it } from "vitest";
import { someStats } from "../features/live/testing.js";
import { type LiveState, withStats } from "./live-store.js";

const start: LiveState = { stats: null, freshAtMs: null, clockOffsetMs: 0, attempt: 0, comebacks: 0, points: [] };
const at = (second: number) => someStats({ at: new Date(second * 1000).toISOString() });

describe("withStats", () => {
  it("keeps a point of every snapshot, ten minutes of them", () => {
    let state = start;
    for (let second = 0; second < 700; second++) state = withStats(state, at(second), second * 1000);
    expect(state.points).toHaveLength(600);
    expect(state.points.at(-1)?.at).toBe(at(699).at);
  });

  it("does not take a repeated snapshot for a fresh one", () => {
    const first = withStats(start, at(1), 1000);
    const repeated = withStats(first, at(1), 9000);
    expect(repeated.freshAtMs).toBe(1000);
    expect(repeated.points).toHaveLength(1);
  });

  it("counts a comeback after a break, and only then", () => {
    const first = withStats({ ...start, attempt: 2 }, at(1), 1000);
    expect(first.comebacks).toBe(0);
    const back = withStats({ ...first, attempt: 3 }, at(9), 9000);
    expect(back).toMatchObject({ comebacks: 1, attempt: 0 });
    expect(withStats(back, at(10), 10_000).comebacks).toBe(1);
  });

  it("learns how far the server's clock is from the browser's", () => {
    expect(withStats(start, at(100), 97_000).clockOffsetMs).toBe(3000);
  });
});
