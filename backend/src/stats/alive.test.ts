import { expect, it } from "vitest";
import { createEvidence, createJudge } from "./alive.js";

const totals = (stored: number) => ({ accepted: 9, stored, duplicate: 0, dead: 0, retried: 0, deduped: 0 });
const beat = (name: string, atMs: number) => ({ name, atMs });

it("calls nobody silent for an outage of Redis, nor for the 5 s in which they come back", () => {
  const evidence = createEvidence();
  const judge = createJudge<{ name: string; atMs: number }>(evidence);
  const aliveAt = (nowMs: number, redisOk: boolean, beats: { name: string; atMs: number }[]) => {
    evidence.look(nowMs, { redisOk, totals: totals(0) });
    return judge(beats, nowMs).map(({ alive }) => alive);
  };
  expect(aliveAt(10_000, true, [beat("w", 9_000), beat("dead", 1_000)])).toEqual([true, false]);
  evidence.look(11_000, { redisOk: false, totals: totals(0) });
  // Back after a minute: what it has is what was written before.
  expect(aliveAt(70_000, true, [beat("w", 9_000), beat("dead", 1_000)])).toEqual([true, false]);
  expect(aliveAt(74_000, true, [beat("w", 9_000), beat("dead", 1_000)])).toEqual([true, false]);
  expect(aliveAt(76_000, true, [beat("w", 9_000), beat("dead", 1_000)])).toEqual([false, false]);
  expect(aliveAt(77_000, true, [beat("w", 76_500), beat("dead", 1_000)])).toEqual([true, false]);
});

it("knows when events were settled last", () => {
  const evidence = createEvidence();
  evidence.look(1_000, { redisOk: true, totals: totals(5) });
  expect(evidence.settledAtMs()).toBe(Number.NEGATIVE_INFINITY);
  evidence.look(2_000, { redisOk: true, totals: totals(6) });
  evidence.look(3_000, { redisOk: true, totals: totals(6) });
  expect(evidence.settledAtMs()).toBe(2_000);
});
