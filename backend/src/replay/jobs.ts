import { Buffer } from "node:buffer";
import type { ReplayMode, ReplayReport, ReplaySource, ReplayStatus, ReplayView } from "@streamforge/shared";
import { type Actor, type AuditEntry, audit } from "../accounts/audit.js";
import type { Database, PrismaClient } from "../accounts/database.js";
import type { Config } from "../config.js";
import { NARROWED_BY } from "../dead-letters/plan.js";
import { auditable } from "../dead-letters/selector.js";
import { Prisma, type ReplayJob } from "../generated/prisma/client.js";
import { parseExact } from "../lib/exact-json.js";
import { readPage } from "../lib/page.js";
import { createTurns, NoTurnError } from "../lib/turns.js";
import { decodeCursor, encodeCursor, type Position } from "../store/cursor.js";
import { bounded, QUERY_TIMEOUT_MS } from "../store/event-queries.js";
import type { Store } from "../store/mongo.js";
import type { ReplayAnnouncer } from "./announce.js";
import type { Outcomes } from "./decision.js";
import { eventFilter, lettersOf } from "./job-filter.js";
import { applyPatch, mayTouchUser, PatchError, readPatch } from "./patch.js";

export interface NewReplay {
  tenantId: string;
  source: ReplaySource;
  mode: ReplayMode;
  selector: Record<string, unknown>;
  /** RFC 6902 as JSON text, as it was sent. */
  patch?: string;
  limit?: number;
  ratePerSecond?: number;
  /** How the audit log names it. */
  action: "dead-letters.retry" | "replay.create";
}

export type ReplayCommand = "pause" | "resume" | "cancel";

export interface ReplayJobs {
  /**
   * Counts what matches and makes the job. Workers begin within a second.
   * @throws PatchError when the patch would change the user of one of the first letters
   * @throws TooManyJobsError when the tenant has MAX_JOBS_PER_TENANT jobs that have not ended
   */
  create(actor: Actor, replay: NewReplay, signal: AbortSignal): Promise<{ replayId: string; selected: number }>;
  /** Newest first. @param cursor of the page before @returns undefined when the cursor is none */
  list(
    tenantId: string | null,
    filter: { status?: ReplayStatus; limit: number; cursor?: string },
  ): Promise<{ items: ReplayView[]; nextCursor: string | null } | undefined>;
  get(tenantId: string | null, id: string): Promise<ReplayView | null>;
  /**
   * @returns null: there is none; `state`: its state does not allow it
   * @throws TooManyJobsError when one that had ended would be one too many
   */
  command(actor: Actor, tenantId: string | null, id: string, command: ReplayCommand): Promise<ReplayView | { state: ReplayStatus } | null>;
}

export interface ReplayJobsDeps {
  prisma: PrismaClient;
  store: Store;
  announcer: Pick<ReplayAnnouncer, "bump">;
  config: Pick<Config, "REPLAY_RATE_PER_SECOND" | "MAX_EVENT_BYTES" | "MAX_JOBS_PER_TENANT">;
}

/** The tenant's jobs must end before it may have more. */
export class TooManyJobsError extends Error {
  override name = "TooManyJobsError";
}

/** States in which a job is still to end by itself, or once it is resumed. */
const UNENDED: ReplayStatus[] = ["pending", "running", "paused"];

/** Which states a command may begin from, and what it leads to. */
const COMMANDS: Record<ReplayCommand, { from: ReplayStatus[]; to: ReplayStatus }> = {
  pause: { from: ["pending", "running"], to: "paused" },
  // `failed` too: what made it fail may be mended by now.
  resume: { from: ["paused", "stopped", "failed"], to: "pending" },
  cancel: { from: ["pending", "running", "paused", "stopped", "failed"], to: "cancelled" },
};

const TRIED_AT_ONCE = 20;
/** Making a job counts what it selects: one of a tenant at a time, so that none has all connections to Postgres. */
const CREATING = { atOnce: 4, atOncePerKey: 1, waitingPerKey: 20, waitMs: 10_000 };
/** Seed of the lock under which a tenant's jobs are counted; any number that nothing else locks with. */
const JOBS_LOCK = 5_700_723;

export function createReplayJobs({ prisma, store, announcer, config }: ReplayJobsDeps): ReplayJobs {
  const creating = createTurns(CREATING);
  const count = (replay: NewReplay & { createdAt: Date }, signal: AbortSignal): Promise<number> => {
    const options = { signal, maxTimeMS: QUERY_TIMEOUT_MS, ...(replay.limit === undefined ? {} : { limit: replay.limit }) };
    if (replay.source === "STORED") return bounded(() => store.events.countDocuments(eventFilter(replay), options), undefined, signal);
    const { filter, hint } = lettersOf(replay);
    return bounded(() => store.deadLetters.countDocuments(filter, { ...options, hint }), NARROWED_BY, signal);
  };

  /** Whether the patch changes the user of an event cannot be read off the patch alone when a substitute for userId is touched. */
  const tryPatch = async (replay: NewReplay & { createdAt: Date }, signal: AbortSignal): Promise<void> => {
    const patch = replay.patch === undefined ? [] : readPatch(replay.patch);
    if (!mayTouchUser(patch)) return;
    const { filter, hint } = lettersOf(replay);
    const options = { hint, signal, maxTimeMS: QUERY_TIMEOUT_MS };
    const first = await bounded(() => store.deadLetters.find(filter, options).limit(TRIED_AT_ONCE).toArray(), NARROWED_BY, signal);
    for (const { raw, eventId } of first) {
      try {
        applyPatch(raw, patch, config.MAX_EVENT_BYTES);
      } catch (error) {
        if (error instanceof PatchError && error.identity) throw new PatchError(`Event ${eventId}: ${error.message}`);
      }
    }
  };

  /** Counted under a lock of the tenant: of several requests at once none gets past the limit. */
  const refuseOneMore = async (db: Database, tenantId: string): Promise<void> => {
    await db.$queryRaw`SELECT pg_advisory_xact_lock(hashtextextended(${tenantId}, ${JOBS_LOCK}))::text`;
    await refuseTooMany(db, tenantId);
  };
  const refuseTooMany = async (db: Database, tenantId: string): Promise<void> => {
    const most = config.MAX_JOBS_PER_TENANT;
    if ((await db.replayJob.count({ where: { tenantId, status: { in: UNENDED } } })) >= most)
      throw new TooManyJobsError(
        `${tenantId} has ${most} retries and replays that have not ended (MAX_JOBS_PER_TENANT); wait for one, or cancel one.`,
      );
  };

  const createJob: ReplayJobs["create"] = async (actor, replay, signal) => {
    const { tenantId, source, mode, selector, patch, limit, action } = replay;
    const createdAt = new Date();
    // Before anything is counted, which costs MongoDB up to seconds, and once more when the row is written.
    await refuseTooMany(prisma, tenantId);
    await tryPatch({ ...replay, createdAt }, signal);
    const selected = await count({ ...replay, createdAt }, signal);
    const ratePerSecond = replay.ratePerSecond ?? config.REPLAY_RATE_PER_SECOND;
    const id = await prisma.$transaction(async (db) => {
      await refuseOneMore(db, tenantId);
      const asked = { source, mode, selector: selector as Prisma.InputJsonObject, ratePerSecond, limit: limit ?? null, selected };
      const by = { createdByKind: actor.kind, createdById: actor.id, createdByName: actor.name, correlationId: actor.correlationId };
      const row = await db.replayJob.create({ data: { tenantId, ...asked, ...by, createdAt }, select: { id: true } });
      if (patch !== undefined) await db.$executeRaw`UPDATE replay_jobs SET patch = ${patch}::json WHERE id = ${row.id}::uuid`;
      await audit(db, actor, {
        action,
        targetId: row.id,
        tenantId,
        after: { ...asked, selector: auditable(selector) },
        afterTexts: { patch },
      });
      return row.id;
    });
    await announcer.bump();
    return { replayId: id, selected };
  };

  return {
    async create(actor, replay, signal) {
      const giveBack = await creating.take(replay.tenantId, signal).catch((error: Error) => {
        if (!(error instanceof NoTurnError)) throw error;
        throw new TooManyJobsError(`Many retries and replays of ${replay.tenantId} are being made already; send this one again.`);
      });
      return createJob(actor, replay, signal).finally(giveBack);
    },

    async list(tenantId, { status, limit, cursor }) {
      const after = cursor === undefined ? undefined : decodeCursor(cursor, 16);
      if (cursor !== undefined && !after) return undefined;
      const these = { ...(tenantId === null ? {} : { tenantId }), ...(status ? { status } : {}) };
      const { items, more } = await readPage<ReplayJob>(
        limit,
        (take, before) => {
          const from = before ? positionOf(before) : after;
          const where = { ...these, ...(from ? { OR: behindOf(from) } : {}) };
          return prisma.replayJob.findMany({ where, orderBy: [{ createdAt: "desc" }, { id: "desc" }], take });
        },
        // A selector may have 10,000 ids.
        (row) => JSON.stringify(row).length,
      );
      const last = items.at(-1);
      const position = more && last ? positionOf(last) : undefined;
      const nextCursor = position ? encodeCursor(position.atMs, position.id) : null;
      const patches = await patchesOf(prisma, items);
      return { items: items.map((row) => replayView(row, patches)), nextCursor };
    },

    async get(tenantId, id) {
      const row = await prisma.replayJob.findFirst({ where: { id, ...(tenantId === null ? {} : { tenantId }) } });
      return row && replayView(row, await patchesOf(prisma, [row]));
    },

    async command(actor, tenantId, id, command) {
      const { from, to } = COMMANDS[command];
      const changed = await prisma.$transaction(async (db) => {
        // Locked: what the audit log says was before is what was.
        const [locked] = await db.$queryRaw<{ id: string }[]>`SELECT id::text FROM replay_jobs WHERE id = ${id}::uuid FOR UPDATE`;
        const row = locked ? await db.replayJob.findUnique({ where: { id } }) : null;
        if (!row || (tenantId !== null && row.tenantId !== tenantId)) return null;
        // Said twice is said once.
        const patches = await patchesOf(db, [row]);
        if (row.status === to || (command === "resume" && row.status === "running")) return replayView(row, patches);
        if (!from.includes(row.status)) return { state: row.status };
        if (!UNENDED.includes(row.status) && UNENDED.includes(to)) await refuseOneMore(db, row.tenantId);
        const data = {
          status: to,
          finishedAt: to === "cancelled" ? new Date() : null,
          // A resumed job has another 100 tries before it may stop by itself.
          ...(command === "resume" ? { message: null, cursor: withoutRecent(row.cursor) } : {}),
        };
        const after = await db.replayJob.update({ where: { id }, data });
        const action: AuditEntry["action"] = `replay.${command}`;
        await audit(db, actor, {
          action,
          targetId: id,
          tenantId: row.tenantId,
          before: { status: row.status, processed: row.processed },
          after: { status: after.status },
        });
        return replayView(after, patches);
      });
      await announcer.bump();
      return changed;
    },
  };
}

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

function positionOf({ createdAt, id }: ReplayJob): Position {
  return { atMs: createdAt.getTime(), id: uuidBytes(id) };
}

function uuidBytes(uuid: string): Buffer {
  return Buffer.from(uuid.replaceAll("-", ""), "hex");
}

/** The patches of these jobs by id: read as text, since Prisma parses JSON, and digits are lost. */
async function patchesOf(db: Database, rows: readonly Pick<ReplayJob, "id">[]): Promise<Map<string, unknown[]>> {
  const ids = rows.map(({ id }) => id);
  const found = await db.$queryRaw<{ id: string; patch: string }[]>`
    SELECT id::text, patch::text FROM replay_jobs WHERE id = ANY(${ids}::uuid[]) AND patch IS NOT NULL`;
  return new Map(found.map(({ id, patch }) => [id, parseExact(patch) as unknown[]]));
}

function replayView(row: ReplayJob, patches: ReadonlyMap<string, unknown[]>): ReplayView {
  return {
    id: row.id,
    tenantId: row.tenantId,
    source: row.source as ReplaySource,
    mode: row.mode as ReplayMode,
    status: row.status,
    message: row.message,
    selector: row.selector as Record<string, unknown>,
    patch: patches.get(row.id) ?? null,
    ratePerSecond: row.ratePerSecond,
    limit: row.limit,
    selected: row.selected,
    processed: row.processed,
    outcomes: row.outcomes as Outcomes,
    report: row.report as ReplayReport,
    createdBy: { kind: row.createdByKind, id: row.createdById, name: row.createdByName },
    createdAt: row.createdAt.toISOString(),
    startedAt: row.startedAt?.toISOString() ?? null,
    finishedAt: row.finishedAt?.toISOString() ?? null,
    updatedAt: row.updatedAt.toISOString(),
  };
}
