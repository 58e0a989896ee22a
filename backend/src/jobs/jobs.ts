import { Buffer } from "node:buffer";
import { JOB_COMMANDS, type JobCommand, type JobKindName, type JobStatus, type JobView } from "@streamforge/shared";
import { type Actor, type AuditEntry, audit } from "../accounts/audit.js";
import type { Database, PrismaClient } from "../accounts/database.js";
import type { Config } from "../config.js";
import { type Job, Prisma } from "../generated/prisma/client.js";
import { readPage } from "../lib/page.js";
import { createTurns, NoTurnError } from "../lib/turns.js";
import { decodeCursor, encodeCursor, type Position } from "../store/cursor.js";
import type { JobAnnouncer } from "./announce.js";

/** A job as it is asked for. */
export interface NewJob {
  kind: JobKindName;
  /** A UUID; absent: a new one. With one that is there already making the job fails, so that a job with a name of its own is made once. */
  id?: string;
  /** Null: all tenants. */
  tenantId: string | null;
  /**
   * What is asked for, as JSON; shown to everybody who may see the job, so it holds no secret. A member `private` is shown to nobody, and goes
   * when the job has completed or was cancelled.
   */
  spec: object;
  /** A replay's patch, as JSON text. */
  patch?: string | undefined;
  ratePerSecond?: number | null;
  limit?: number | null;
  /** How many there are; absent: not known yet (`JobProgress.selected` may say so later). */
  selected?: number | null;
  /** Absent: now. */
  createdAt?: Date;
  /** How the audit log names it, and what it says of it. */
  audited: Pick<AuditEntry, "action" | "after" | "afterTexts">;
}

export interface JobFilter {
  kind?: JobKindName | undefined;
  status?: JobStatus | undefined;
  limit: number;
  cursor?: string | undefined;
}

/** Jobs of all kinds, as the API sees them. Their work is done by workers (`runner.ts`). */
export interface Jobs {
  /**
   * Makes a job, its audit entry in the same transaction. Workers begin within a second.
   * @param tenantId whose job it is; null: all tenants
   * @param prepare makes ready what is asked for, which may cost the stores something (a count): one of a tenant at a time, and not at all
   *   for a tenant that has enough jobs
   * @param signal ends the waiting for a turn
   * @returns its id
   * @throws TooManyJobsError when the tenant has MAX_JOBS_PER_TENANT jobs that have not ended; what `prepare` throws
   */
  create(actor: Actor, tenantId: string | null, prepare: () => Promise<NewJob> | NewJob, signal?: AbortSignal): Promise<string>;
  /**
   * Makes the job of a schedule's time, once for all processes that come to it.
   * @returns null when another process has made it, or one of its kind and tenant has not ended
   */
  createScheduled(actor: Actor, job: NewJob, at: Date): Promise<string | null>;
  /** Newest first. @param tenantId null: of all @returns undefined when the cursor is none */
  list(tenantId: string | null, filter: JobFilter): Promise<{ items: Job[]; nextCursor: string | null } | undefined>;
  /** @param kind only when it is of this kind */
  get(tenantId: string | null, id: string, kind?: JobKindName): Promise<Job | null>;
  /**
   * @param allowed asked of the job's kind before anything is changed; what it throws is thrown
   * @returns null: there is none; `state`: its state does not allow it
   * @throws TooManyJobsError when one that had ended would be one too many
   */
  command(
    actor: Actor,
    tenantId: string | null,
    id: string,
    command: JobCommand,
    allowed: (kind: JobKindName) => boolean,
  ): Promise<Job | { state: JobStatus } | null>;
  /** How many jobs there are of each kind and status. */
  counts(): Promise<{ kind: JobKindName; status: JobStatus; count: number }[]>;
}

export interface JobsDeps {
  prisma: PrismaClient;
  announcer: Pick<JobAnnouncer, "bump">;
  config: Pick<Config, "MAX_JOBS_PER_TENANT">;
}

/** The tenant's jobs must end before it may have more. */
export class TooManyJobsError extends Error {
  override name = "TooManyJobsError";
}

/** States in which a job is still to end by itself, or once it is resumed. */
const UNENDED: JobStatus[] = ["pending", "running", "paused"];

/** Making a job may count what it selects: one of a tenant at a time, so that none has all connections to Postgres. */
const CREATING = { atOnce: 4, atOncePerKey: 1, waitingPerKey: 20, waitMs: 10_000 };
/** Seed of the lock under which a tenant's jobs are counted; any number that nothing else locks with. */
const JOBS_LOCK = 5_700_723;

export function createJobs({ prisma, announcer, config }: JobsDeps): Jobs {
  const creating = createTurns(CREATING);

  /** Counted under a lock of the tenant: of several requests at once none gets past the limit. */
  const refuseOneMore = async (db: Database, tenantId: string | null): Promise<void> => {
    await db.$queryRaw`SELECT pg_advisory_xact_lock(hashtextextended(${tenantId ?? ""}, ${JOBS_LOCK}))::text`;
    await refuseTooMany(db, tenantId);
  };
  const refuseTooMany = async (db: Database, tenantId: string | null): Promise<void> => {
    const most = config.MAX_JOBS_PER_TENANT;
    if ((await db.job.count({ where: { tenantId, status: { in: UNENDED } } })) >= most)
      throw new TooManyJobsError(
        `${tenantId ?? "All tenants together"} has ${most} jobs that have not ended (MAX_JOBS_PER_TENANT); wait for one, or cancel one.`,
      );
  };

  /** Under the lock of its tenant: all processes come to a schedule's time at once. */
  const isMade = async (db: Database, { kind, tenantId }: Pick<NewJob, "kind" | "tenantId">, at: Date): Promise<boolean> => {
    const madeForIt = { spec: { path: ["scheduledFor"], equals: at.toISOString() } };
    const where = { kind, tenantId, OR: [madeForIt, { status: { in: UNENDED } }] };
    return (await db.job.findFirst({ where, select: { id: true } })) !== null;
  };

  const write = async (actor: Actor, { audited, patch, spec, ...job }: NewJob, scheduledFor?: Date): Promise<string | null> => {
    const { tenantId, createdAt = new Date() } = job;
    const by = { createdByKind: actor.kind, createdById: actor.id, createdByName: actor.name, correlationId: actor.correlationId ?? null };
    const id = await prisma.$transaction(async (db) => {
      await refuseOneMore(db, tenantId);
      if (scheduledFor && (await isMade(db, job, scheduledFor))) return null;
      const data = { ...job, spec: spec as Prisma.InputJsonObject, createdAt, ...by };
      const row = await db.job.create({ data, select: { id: true } });
      if (patch !== undefined) await db.$executeRaw`UPDATE jobs SET patch = ${patch}::json WHERE id = ${row.id}::uuid`;
      await audit(db, actor, { targetId: row.id, tenantId, ...audited });
      return row.id;
    });
    if (id !== null) await announcer.bump();
    return id;
  };

  return {
    async create(actor, tenantId, prepare, signal) {
      const giveBack = await creating.take(tenantId ?? "", signal).catch((error: Error) => {
        if (!(error instanceof NoTurnError)) throw error;
        throw new TooManyJobsError(`Many jobs of ${tenantId ?? "all tenants"} are being made already; send this one again.`);
      });
      try {
        // Before anything is counted, which costs MongoDB up to seconds, and once more when the row is written.
        await refuseTooMany(prisma, tenantId);
        return (await write(actor, await prepare())) as string;
      } finally {
        giveBack();
      }
    },

    createScheduled: (actor, job, at) => write(actor, { ...job, spec: { ...job.spec, scheduledFor: at.toISOString() } }, at),

    async list(tenantId, { kind, status, limit, cursor }) {
      const after = cursor === undefined ? undefined : decodeCursor(cursor, 16);
      if (cursor !== undefined && !after) return undefined;
      const these = { ...(tenantId === null ? {} : { tenantId }), ...(kind ? { kind } : {}), ...(status ? { status } : {}) };
      const { items, more } = await readPage<Job>(
        limit,
        (take, before) => {
          const from = before ? positionOf(before) : after;
          const where = { ...these, ...(from ? { OR: behindOf(from) } : {}) };
          return prisma.job.findMany({ where, orderBy: [{ createdAt: "desc" }, { id: "desc" }], take });
        },
        // A selector may have 10,000 ids.
        (row) => JSON.stringify(row).length,
      );
      const last = items.at(-1);
      const position = more && last ? positionOf(last) : undefined;
      return { items, nextCursor: position ? encodeCursor(position.atMs, position.id) : null };
    },

    get: (tenantId, id, kind) =>
      prisma.job.findFirst({ where: { id, ...(kind ? { kind } : {}), ...(tenantId === null ? {} : { tenantId }) } }),

    async command(actor, tenantId, id, command, allowed) {
      const { from, to } = JOB_COMMANDS[command];
      const changed = await prisma.$transaction(async (db) => {
        // Locked: what the audit log says was before is what was.
        const [locked] = await db.$queryRaw<{ id: string }[]>`SELECT id::text FROM jobs WHERE id = ${id}::uuid FOR UPDATE`;
        const row = locked ? await db.job.findUnique({ where: { id } }) : null;
        if (!row || (tenantId !== null && row.tenantId !== tenantId) || !allowed(row.kind as JobKindName)) return null;
        // Said twice is said once.
        if (row.status === to || (command === "resume" && row.status === "running")) return row;
        if (!from.includes(row.status)) return { state: row.status };
        if (!UNENDED.includes(row.status) && UNENDED.includes(to)) await refuseOneMore(db, row.tenantId);
        const data = {
          status: to,
          finishedAt: to === "cancelled" ? new Date() : null,
          ...(to === "cancelled" ? { spec: openSpec(row.spec) } : {}),
          ...(command === "resume" ? { message: null, cursor: withoutRecent(row.cursor) } : {}),
        };
        const after = await db.job.update({ where: { id }, data });
        await audit(db, actor, {
          action: `${row.kind as JobKindName}.${command}`,
          targetId: id,
          tenantId: row.tenantId,
          before: { status: row.status, processed: row.processed },
          after: { status: after.status },
        });
        return after;
      });
      await announcer.bump();
      return changed;
    },

    async counts() {
      const groups = await prisma.job.groupBy({ by: ["kind", "status"], _count: true });
      return groups.map(({ kind, status, _count: count }) => ({ kind: kind as JobKindName, status, count }));
    },
  };
}

/** As the API shows any job. */
export function jobView(row: Job): JobView {
  const { id, tenantId, status, message, processed, selected, ratePerSecond } = row;
  return {
    id,
    kind: row.kind as JobKindName,
    tenantId,
    status,
    message,
    spec: openSpec(row.spec) as JobView["spec"],
    progress: { processed, selected, ratePerSecond },
    outcome: row.outcomes as JobView["outcome"],
    report: row.report as JobView["report"],
    ...historyOf(row),
  };
}

/** Who made a job and when it did what, as every view of it shows them. */
export function historyOf(row: Job): Pick<JobView, "createdBy" | "createdAt" | "startedAt" | "finishedAt" | "updatedAt"> {
  return {
    createdBy: { kind: row.createdByKind, id: row.createdById, name: row.createdByName },
    createdAt: row.createdAt.toISOString(),
    startedAt: row.startedAt?.toISOString() ?? null,
    finishedAt: row.finishedAt?.toISOString() ?? null,
    updatedAt: row.updatedAt.toISOString(),
  };
}

/** A spec without what nobody is shown. */
function openSpec(spec: Prisma.JsonValue): Prisma.InputJsonObject {
  const { private: _, ...open } = spec as Record<string, Prisma.JsonValue>;
  return open as Prisma.InputJsonObject;
}

/** What led to a stop is forgotten: a resumed replay has another 100 tries before it may stop by itself. */
function withoutRecent(cursor: Prisma.JsonValue) {
  if (cursor === null || typeof cursor !== "object" || Array.isArray(cursor)) return Prisma.DbNull;
  const { recent: _, ...rest } = cursor;
  return rest as Prisma.InputJsonObject;
}

function behindOf({ atMs, id }: Position) {
  const createdAt = new Date(atMs);
  const hex = id.toString("hex");
  const uuid = hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  return [{ createdAt: { lt: createdAt } }, { createdAt, id: { lt: uuid } }];
}

function positionOf({ createdAt, id }: Job): Position {
  return { atMs: createdAt.getTime(), id: Buffer.from(id.replaceAll("-", ""), "hex") };
}
