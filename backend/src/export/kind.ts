import { setTimeout as sleep } from "node:timers/promises";
import type { Redis } from "ioredis";
import { MongoServerError } from "mongodb";
import type { Config } from "../config.js";
import type { TypeRegistry } from "../event-types/registry.js";
import type { JobContext, JobKind } from "../jobs/kinds.js";
import type { LiveTraffic } from "../jobs/pace.js";
import { ensureStoredIndex, type Store } from "../store/mongo.js";
import type { RedisKeys } from "../stream/keys.js";
import type { ExportCursor, ExportReport, ExportSpec } from "./job-shape.js";
import { createExportParts } from "./parts.js";
import { type ExportPoint, runExport } from "./run-export.js";
import { filterOf, indexOf, type Selection } from "./selection.js";
import { openTarget, type TargetSettings } from "./targets.js";
import type { ThreadSettings } from "./unit-calls.js";
import { startUnitHost } from "./unit-host.js";
import { storedUntil } from "./watermark.js";

export interface ExportKindParts {
  redis: Redis;
  keys: RedisKeys;
  partitions: number;
  store: Store;
  types: Pick<TypeRegistry, "current" | "known">;
  config: TargetSettings & Omit<ThreadSettings, "name"> & Pick<Config, "EXPORT_PART_EVENTS" | "EXPORT_BEHIND_SECONDS">;
  /** Told of what has appeared. */
  count?: (target: "local" | "s3", parts: { rows: number; bytes: number }[]) => void;
  at?: (point: ExportPoint) => void;
}

type Context = JobContext<ExportSpec, ExportCursor, ExportReport>;

/** Live events that have waited for longer than this come first: then a page of an export is read every second, and never none. */
const LAG_MS = 5_000;
const TRICKLE_MS = 1_000;
/** How many there are is worth no more than this; without it progress says how many are done. */
const COUNT_WITHIN_MS = 5_000;
const MAX_TIME_EXPIRED = 50;
const TYPES_WITHIN_MS = 10_000;

/** Exports to Parquet as a kind of job. */
export function createExportKind(parts: ExportKindParts): JobKind<ExportSpec, ExportCursor, ExportReport> {
  const list = createExportParts(parts.store);
  return {
    kind: "export",
    run: (context) => runJob(parts, list, context),
    inHand: () => list.jobsInHand(),
  };
}

async function runJob(parts: ExportKindParts, list: ReturnType<typeof createExportParts>, context: Context) {
  const { store, redis, keys, partitions, config, at } = parts;
  const { job, tenure, reach, live, worker, trace } = context;
  const { spec, processed, cursor, report, id } = job;
  const tenantId = job.tenantId as string;
  const target = openTarget(config, spec.target);
  const units = startUnitHost({ ...config, name: `${worker}:export` });
  try {
    if (spec.scheduled && tenure.mayGoOn()) await reach(() => ensureStoredIndex(store));
    return await runExport({
      job: { id, tenantId, spec, processed, cursor, report },
      target,
      parts: list,
      units,
      tenure,
      reach,
      trace,
      giveWay: () => giveWay(live, tenure.mayGoOn),
      storedUntil: () => storedUntil(redis, keys, partitions),
      limits: { partEvents: config.EXPORT_PART_EVENTS, behindSeconds: config.EXPORT_BEHIND_SECONDS },
      countAll: (selection) => reach(() => countWithin(store, selection)),
      schemas: () => schemasOf(parts.types, tenantId),
      onParts: (appeared) => parts.count?.(spec.target, [...appeared]),
      ...(at ? { at } : {}),
    });
  } finally {
    await units.close();
    target.close();
  }
}

async function giveWay(live: LiveTraffic, mayGoOn: () => boolean): Promise<void> {
  const until = performance.now() + TRICKLE_MS;
  while (live.lagMs() > LAG_MS && mayGoOn() && performance.now() < until) await sleep(50);
}

/** How many documents there are; undefined when counting takes too long. */
async function countWithin({ events }: Store, selection: Selection): Promise<number | undefined> {
  try {
    return await events.countDocuments(filterOf(selection, undefined), { hint: indexOf(selection), maxTimeMS: COUNT_WITHIN_MS });
  } catch (error) {
    if (error instanceof MongoServerError && error.code === MAX_TIME_EXPIRED) return undefined;
    throw error;
  }
}

/** The schemas of a tenant's types, as they count now. */
async function schemasOf(types: ExportKindParts["types"], tenantId: string): Promise<Record<string, string>> {
  await types.known(TYPES_WITHIN_MS);
  const registered = types.current()?.get(tenantId)?.types ?? new Map();
  return Object.fromEntries([...registered].map(([type, { schema }]) => [type, schema]));
}
