import type { Redis } from "ioredis";
import type { Config } from "../config.js";
import { createErasureKind, type ErasureParts, type ErasurePoint } from "../erasure/kind.js";
import { createExportKind, type ExportKindParts } from "../export/kind.js";
import type { ExportPoint } from "../export/run-export.js";
import { jobKindsOf } from "../jobs/kinds.js";
import { createJobLeases, LONGEST_LEASE_MS, SHORTEST_LEASE_MS } from "../jobs/lease.js";
import type { LiveTraffic } from "../jobs/pace.js";
import type { Circuit } from "../jobs/reach.js";
import { type Runner, startRunner } from "../jobs/runner.js";
import { createReplayKind } from "../replay/kind.js";
import { createReplayLetters } from "../replay/letters.js";
import type { ReplayPoint } from "../replay/replay-letters.js";
import { createRetentionKind, type RetentionParts, type RetentionPoint } from "../retention/kind.js";
import type { Store } from "../store/mongo.js";
import type { RedisKeys } from "../stream/keys.js";
import { createPlaces } from "../stream/places.js";
import { createLetterPipeline, createReview, type LaneParts } from "./replay-lane.js";

export interface JobLaneOptions
  extends Omit<LaneParts, "letters" | "maxEventBytes" | "maxDepth" | "at">,
    Pick<ExportKindParts, "partitions" | "types"> {
  redis: Redis;
  keys: RedisKeys;
  config: Config;
  store: Store;
  /** Name of this worker. */
  worker: string;
  circuit: Circuit;
  live: LiveTraffic;
  /** Told how many events retention has removed, and the end of a run. */
  onExpired: RetentionParts["onExpired"];
  onRetentionEnd: RetentionParts["onEnd"];
  onError: (message: string, error: Error) => void;
  exported: NonNullable<ExportKindParts["count"]>;
  onErased: ErasureParts["onErased"];
  at?: (point: ReplayPoint | ExportPoint | RetentionPoint | ErasurePoint) => void;
}

/** The lane of a worker in which jobs run, one at a time, beside live traffic and behind it. */
export function startJobLane(options: JobLaneOptions): Runner {
  const { redis, keys, config, worker, store, circuit, live, onRetentionEnd, onError } = options;
  const parts = {
    ...options,
    maxEventBytes: config.MAX_EVENT_BYTES,
    maxDepth: config.MAX_JSON_DEPTH,
    letters: createReplayLetters(store),
  };
  // A new kind is one line here: see `jobs/kinds.ts`.
  const kinds = jobKindsOf(
    createReplayKind({ ...options, pipeline: createLetterPipeline(parts), review: createReview(parts) }),
    createExportKind({ ...options, count: options.exported }),
    createRetentionKind({ ...options, onEnd: onRetentionEnd }),
    createErasureKind({ ...options, places: createPlaces(options) }),
  );
  return startRunner({
    kinds,
    signal: () => redis.get(keys.jobs),
    leases: createJobLeases({
      databaseUrl: config.DATABASE_URL,
      owner: worker,
      // The work of a worker that does not answer is taken over after this time.
      leaseMs: Math.min(LONGEST_LEASE_MS, Math.max(SHORTEST_LEASE_MS, config.CLAIM_IDLE_MS)),
      kinds: [...kinds.keys()],
      onError: (error) => onError("postgres connection", error),
    }),
    worker,
    circuit,
    live,
    onError,
    traces: options.traces,
  });
}
