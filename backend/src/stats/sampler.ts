import { setTimeout as sleep } from "node:timers/promises";
import type { Stats } from "@streamforge/shared";
import type { Redis } from "ioredis";
import type { LetterQueries } from "../dead-letters/queries.js";
import type { Ledger } from "../ledger/ledger.js";
import { every } from "../lib/every.js";
import { unlessOutage } from "../lib/faults.js";
import type { DepthMonitor } from "../stream/depth.js";
import { type ApiHeartbeat, readHeartbeats, type SourceHeartbeat, type WorkerHeartbeat } from "../stream/heartbeat.js";
import type { RedisKeys } from "../stream/keys.js";
import { createEvidence, createJudge } from "./alive.js";
import type { DependencyChecks } from "./dependencies.js";
import type { HistoryKeeper } from "./history.js";
import { createRates, sampleOf } from "./rates.js";
import { refresh } from "./refresher.js";
import type { Limits, Situation } from "./situation.js";
import { snapshotOf } from "./snapshot.js";
import { createWarnings } from "./warnings.js";

export interface Sampler {
  /** The snapshot of this second. */
  current(): Stats;
  /** Hours in which the events of the tenant with the most lie. */
  mostHours(): number;
  /** Called with each second's snapshot and its JSON text, made once for all. @returns ends it */
  subscribe(listener: (stats: Stats, json: string) => void): () => void;
  close(): Promise<void>;
}

export interface SamplerDeps {
  redis: Redis;
  keys: RedisKeys;
  depth: DepthMonitor;
  ledger: Pick<Ledger, "summary">;
  letters: Pick<LetterQueries, "open">;
  checks: DependencyChecks;
  history: HistoryKeeper;
  hours: { most(): Promise<{ tenantId: string; hours: number } | undefined> };
  limits: Limits;
}

const TICK_MS = 1_000;
const LETTERS_EVERY_MS = 2_000;
const LEDGER_EVERY_MS = 5_000;
const HOURS_EVERY_MS = 60_000;
/** A process that has been silent for longer is forgotten. */
const FORGET_MS = 60_000;
/** Longest wait for the first looks, so that a start is not held up by a store that hangs. */
const FIRST_LOOK_MS = 2_000;

/**
 * Takes one snapshot a second for everybody who looks. A snapshot is made from what is known at that moment: a store that hangs
 * makes its own figures old, never the snapshot late.
 */
export async function startSampler(deps: SamplerDeps): Promise<Sampler> {
  const { redis, keys, depth, checks, history, limits } = deps;
  const rates = createRates();
  const listeners = new Set<(stats: Stats, json: string) => void>();
  const warningsOf = createWarnings();
  const beginnings = new Map<string, string>();

  const evidence = createEvidence();
  const heartbeats = <T extends { name: string; atMs: number }>(key: string) => {
    const judge = createJudge<T>(evidence);
    return refresh(async () => judge(await readHeartbeats<T>(redis, key, Date.now(), FORGET_MS), Date.now()), TICK_MS);
  };
  const workers = heartbeats<WorkerHeartbeat>(keys.workers);
  const apis = heartbeats<ApiHeartbeat>(keys.apis);
  const sources = heartbeats<SourceHeartbeat>(keys.sources);
  // It ends within its own deadline, whether the stores answer or not, and asks each one question at a time.
  const stores = every(TICK_MS, () => checks.check(), { onError: unlessOutage("statistics"), now: true });
  const letters = refresh(() => deps.letters.open(), LETTERS_EVERY_MS);
  const ledger = refresh(() => deps.ledger.summary(), LEDGER_EVERY_MS);

  const hours = refresh(() => deps.hours.most(), HOURS_EVERY_MS);

  const looks = [workers, apis, sources, letters, ledger, hours];
  await Promise.race([Promise.all([checks.check(), ...looks.map(({ first }) => first)]), sleep(FIRST_LOOK_MS, undefined, { ref: false })]);

  const take = (): Stats => {
    const nowMs = Date.now();
    const situation: Situation = {
      nowMs,
      depth: depth.current(),
      rates: rates.over(10_000),
      workers: workers.last()?.value ?? [],
      apis: apis.last()?.value ?? [],
      sources: sources.last()?.value ?? [],
      settledAtMs: evidence.settledAtMs(),
      dependencies: checks.last(),
      ledger: ledger.last()?.value,
      mostHours: hours.last()?.value,
      limits,
    };
    const stats = snapshotOf({
      ...situation,
      warnings: warningsOf(situation),
      eps: rates.over(2_000),
      mongoVersion: checks.mongoVersion(),
      openLetters: letters.last()?.value ?? 0,
    });
    return { ...stats, warnings: withBeginnings(stats.warnings, beginnings, stats.at) };
  };
  const measure = (): Stats => {
    const { redisOk, redisAtMs, totals, backlogEvents } = depth.current();
    evidence.look(Date.now(), depth.current());
    if (redisOk) {
      const sample = sampleOf(redisAtMs, totals, backlogEvents);
      rates.add(sample);
      void history.record(sample);
    }
    return take();
  };
  let latest = measure();

  const tick = (): void => {
    latest = measure();
    if (listeners.size === 0) return;
    const json = JSON.stringify(latest);
    for (const listener of listeners) listener(latest, json);
  };
  const ticks = every(TICK_MS, tick, { onError: unlessOutage("statistics") });

  return {
    current: () => latest,
    mostHours: () => hours.last()?.value?.hours ?? 0,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      await Promise.all([ticks, stores, ...looks].map((loop) => loop.close()));
    },
  };
}

/** Says since when each warning has held; one that goes and comes begins anew. */
function withBeginnings(warnings: Stats["warnings"], beginnings: Map<string, string>, at: string): Stats["warnings"] {
  // A message may carry a name (which worker is silent), but also figures that change each second.
  const held = new Set(warnings.map(({ code }) => code));
  for (const code of beginnings.keys()) if (!held.has(code)) beginnings.delete(code);
  for (const code of held) if (!beginnings.has(code)) beginnings.set(code, at);
  return warnings.map((warning) => ({ ...warning, since: beginnings.get(warning.code) as string }));
}
