import type { Stats } from "@streamforge/shared";
import type { LedgerSummary } from "../ledger/ledger.js";
import type { Depth } from "../stream/depth.js";
import type { ApiHeartbeat, SourceHeartbeat, WorkerHeartbeat } from "../stream/heartbeat.js";
import type { Seen } from "./alive.js";
import type { Dependencies } from "./dependencies.js";
import type { Rate } from "./rates.js";

export type Warning = Omit<Stats["warnings"][number], "since">;

/** What warnings are made from. */
export interface Situation {
  nowMs: number;
  depth: Depth;
  /** Over the last ten seconds. */
  rates: Rate & { backlog: number };
  workers: Seen<WorkerHeartbeat>[];
  apis: Seen<ApiHeartbeat>[];
  sources: Seen<SourceHeartbeat>[];
  /** When events were last seen settled, ms. */
  settledAtMs: number;
  dependencies: Dependencies;
  ledger: LedgerSummary | undefined;
  /** The tenant whose events lie in the most hours. */
  mostHours: { tenantId: string; hours: number } | undefined;
  limits: Limits;
}

export interface Limits {
  maxBacklogEvents: number;
  /** Share of Redis's maxmemory beyond which sending is refused. */
  memoryRatio: number;
  /** PARTITIONS as set for this process, and as Redis has it. */
  partitionsSet: number;
  partitions: number;
  /** MAX_EVENT_HOURS_PER_TENANT */
  hoursPerTenant: number;
  /** KAFKA_BROKERS is set, so that somebody should read from there. */
  kafka: boolean;
  /** What is unsafe, in words, when ALLOW_UNSAFE let the process start all the same. */
  unsafe: string[];
}

/** Says what is wrong in a situation, in words with what to do about it. */
export type Rule = (situation: Situation) => Warning | Warning[] | undefined;
