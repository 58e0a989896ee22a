import { createHash } from "node:crypto";
import { MongoServerError } from "mongodb";
import type { Actor } from "../accounts/audit.js";
import type { PrismaClient } from "../accounts/database.js";
import type { Config } from "../config.js";
import { type Jobs, TooManyJobsError } from "../jobs/jobs.js";
import { lastRun } from "../lib/cron.js";
import { every } from "../lib/every.js";
import { unlessOutage } from "../lib/faults.js";
import type { Store } from "../store/mongo.js";
import type { ExportCursor, ExportSpec } from "./job-shape.js";
import { filterOf, indexOf, type Selection } from "./selection.js";
import { configuredTargets, type TargetSettings } from "./targets.js";

export interface ScheduleParts {
  prisma: PrismaClient;
  store: Store;
  jobs: Jobs;
  config: TargetSettings & Pick<Config, "EXPORT_CRON">;
}

/** The scheduled export of a tenant that was made last. */
interface LastRun {
  id: string;
  tenantId: string;
  status: string;
  leased: boolean;
  spec: ExportSpec;
  cursor: ExportCursor | null;
}

const LOOK_EVERY_MS = 1_000;
/** What could not be begun, since the one before has not ended, is looked at again after so long. */
const AGAIN_MS = 5_000;
const ACTOR: Actor = { kind: "system", id: "schedule", name: "EXPORT_CRON" };
/** Looking whether there is anything new must cost next to nothing. */
const LOOK_WITHIN_MS = 1_000;
const UNIQUE_VIOLATION = "P2002";

/**
 * Makes the exports of `EXPORT_CRON`, one for each tenant that has something new. They form a chain: each begins behind the last event of
 * the one before, is made only when that one can write no more, and has an id made from the other's. So whichever API processes make it,
 * however often, it is there once, and an event is in one of the chain.
 */
export function startExportSchedule(parts: ScheduleParts): { close(): Promise<void> } {
  const { EXPORT_CRON } = parts.config;
  if (EXPORT_CRON === undefined) return { close: async () => {} };
  const startedAt = new Date();
  let doneAt: Date | undefined;
  let againAt = 0;
  const look = async (): Promise<void> => {
    const due = lastRun(EXPORT_CRON, new Date());
    if (!due || (doneAt && due <= doneAt) || performance.now() < againAt) return;
    againAt = performance.now() + AGAIN_MS;
    if (await makeAll(parts, due, startedAt)) doneAt = due;
  };
  return { close: every(LOOK_EVERY_MS, look, { onError: unlessOutage("export") }).close };
}

/** @returns whether every tenant has its export, or needs none */
async function makeAll(parts: ScheduleParts, due: Date, startedAt: Date): Promise<boolean> {
  const [tenants, runs] = await Promise.all([parts.prisma.tenant.findMany({ select: { id: true } }), lastRuns(parts.prisma)]);
  let all = true;
  for (const { id: tenantId } of tenants) {
    // A time that passed while no API was there is made up for, by those that have begun: the first export is that of the next time.
    if (!runs.has(tenantId) && due <= startedAt) continue;
    const made = await makeNext(parts, tenantId, runs.get(tenantId), due).catch((error: Error) => {
      // Another process made it; or the tenant has jobs enough, and gets it later.
      if ((error as { code?: string }).code === UNIQUE_VIOLATION) return true;
      if (error instanceof TooManyJobsError) return false;
      throw error;
    });
    all = made && all;
  }
  return all;
}

async function lastRuns(prisma: PrismaClient): Promise<Map<string, LastRun>> {
  const found = await prisma.$queryRaw<LastRun[]>`
    SELECT DISTINCT ON (tenant_id) id::text, tenant_id AS "tenantId", status::text, coalesce(lease_until >= now(), false) AS leased, spec, cursor
    FROM jobs WHERE kind = 'export' AND spec -> 'scheduled' IS NOT NULL ORDER BY tenant_id, created_at DESC, id DESC`;
  return new Map(found.map((run) => [run.tenantId, run]));
}

/** @returns whether the tenant needs nothing more for this time */
async function makeNext({ jobs, store, config }: ScheduleParts, tenantId: string, last: LastRun | undefined, due: Date): Promise<boolean> {
  if (last && Date.parse(last.spec.scheduled?.for ?? "") >= due.getTime()) return true;
  // What made it fail may have passed: a full disk, a bucket that was away for long.
  if (last?.status === "failed") await jobs.command(ACTOR, tenantId, last.id, "resume", () => true);
  // One that may still write has the next one's beginning in its hands.
  if (last && (last.leased || (last.status !== "completed" && last.status !== "cancelled"))) return false;
  const after = last?.cursor?.after ?? last?.spec.scheduled?.after;
  const selection: Selection = { tenantId, by: "storedAt", fromMs: 0, toMs: Date.now(), storedBeforeMs: Date.now() };
  if (last && !(await hasMore(store, selection, after))) return true;
  const asked = { target: configuredTargets(config)[0] as ExportSpec["target"], scheduledFor: due.toISOString() };
  const spec: ExportSpec = { target: asked.target, scheduled: { for: asked.scheduledFor, ...(after ? { after } : {}) } };
  const id = idBehind(tenantId, last?.id);
  await jobs.create(ACTOR, tenantId, () => ({ kind: "export", id, tenantId, spec, audited: { action: "export.create", after: asked } }));
  return true;
}

/** Whether the tenant has events behind a position. Errs towards yes. */
async function hasMore({ events }: Store, selection: Selection, after: ExportCursor["after"]): Promise<boolean> {
  try {
    const options = { hint: indexOf(selection), projection: { _id: 1 }, maxTimeMS: LOOK_WITHIN_MS } as const;
    return (await events.findOne(filterOf(selection, after), options)) !== null;
  } catch (error) {
    // The first export makes the index; a look that takes long says nothing.
    if (error instanceof MongoServerError) return true;
    throw error;
  }
}

/** The id of the export that follows another one: a UUIDv8, the same no matter who makes it. */
function idBehind(tenantId: string, lastId = ""): string {
  const digest = createHash("sha256").update(`export\0${tenantId}\0${lastId}`).digest().subarray(0, 16);
  digest[6] = 0x80 | ((digest[6] as number) & 0x0f);
  digest[8] = 0x80 | ((digest[8] as number) & 0x3f);
  return digest.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
