import type { JobCommand, JobStatus, ReplayMode, ReplayReport, ReplaySource, ReplayStatus, ReplayView } from "@streamforge/shared";
import type { Actor } from "../accounts/audit.js";
import type { PrismaClient } from "../accounts/database.js";
import type { Config } from "../config.js";
import { NARROWED_BY } from "../dead-letters/plan.js";
import { auditable } from "../dead-letters/selector.js";
import type { Job } from "../generated/prisma/client.js";
import { historyOf, type Jobs } from "../jobs/jobs.js";
import { parseExact } from "../lib/exact-json.js";
import { bounded, QUERY_TIMEOUT_MS } from "../store/event-queries.js";
import type { Store } from "../store/mongo.js";
import type { Outcomes } from "./decision.js";
import type { ReplaySpec } from "./job.js";
import { eventFilter, lettersOf } from "./job-filter.js";
import { applyPatch, mayTouchUser, PatchError, readPatch } from "./patch.js";

export interface NewReplay {
  tenantId: string;
  source: ReplaySource;
  mode: ReplayMode;
  selector: Record<string, unknown>;
  /** RFC 6902 as JSON text, as it was sent. */
  patch?: string | undefined;
  limit?: number | undefined;
  ratePerSecond?: number | undefined;
  /** How the audit log names it. */
  action: "dead-letters.retry" | "replay.create";
}

/** Replays as their own routes show them: jobs, with the fields that they had before there were other kinds. */
export interface Replays {
  /**
   * Counts what matches and makes the job. Workers begin within a second.
   * @throws PatchError when the patch would change the user of one of the first letters
   * @throws TooManyJobsError when the tenant has MAX_JOBS_PER_TENANT jobs that have not ended
   */
  create(actor: Actor, replay: NewReplay, signal: AbortSignal): Promise<{ replayId: string; selected: number }>;
  /** Newest first. @param cursor of the page before @returns undefined when the cursor is none */
  list(
    tenantId: string | null,
    filter: { status?: ReplayStatus | undefined; limit: number; cursor?: string | undefined },
  ): Promise<{ items: ReplayView[]; nextCursor: string | null } | undefined>;
  get(tenantId: string | null, id: string): Promise<ReplayView | null>;
  /** As `Jobs.command`. */
  command(actor: Actor, tenantId: string | null, id: string, command: JobCommand): Promise<ReplayView | { state: JobStatus } | null>;
}

export interface ReplaysDeps {
  jobs: Jobs;
  prisma: PrismaClient;
  store: Store;
  config: Pick<Config, "REPLAY_RATE_PER_SECOND" | "MAX_EVENT_BYTES">;
}

const TRIED_AT_ONCE = 20;

export function createReplays({ jobs, prisma, store, config }: ReplaysDeps): Replays {
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

  return {
    async create(actor, replay, signal) {
      let selected = 0;
      const prepare = async () => {
        const { tenantId, source, mode, selector, patch, limit = null, action } = replay;
        const createdAt = new Date();
        await tryPatch({ ...replay, createdAt }, signal);
        selected = await count({ ...replay, createdAt }, signal);
        const asked = { ratePerSecond: replay.ratePerSecond ?? config.REPLAY_RATE_PER_SECOND, limit, selected };
        const after = { source, mode, ...asked, selector: auditable(selector) };
        const spec: ReplaySpec = { source, mode, selector };
        return { kind: "replay" as const, tenantId, spec, patch, ...asked, createdAt, audited: { action, after, afterTexts: { patch } } };
      };
      return { replayId: await jobs.create(actor, replay.tenantId, prepare, signal), selected };
    },

    async list(tenantId, filter) {
      const page = await jobs.list(tenantId, { ...filter, kind: "replay" });
      if (!page) return undefined;
      const patches = await patchesOf(prisma, page.items);
      return { items: page.items.map((row) => replayView(row, patches)), nextCursor: page.nextCursor };
    },

    async get(tenantId, id) {
      const row = await jobs.get(tenantId, id, "replay");
      return row && replayView(row, await patchesOf(prisma, [row]));
    },

    async command(actor, tenantId, id, command) {
      const done = await jobs.command(actor, tenantId, id, command, (kind) => kind === "replay");
      return done && "id" in done ? replayView(done, await patchesOf(prisma, [done])) : done;
    },
  };
}

/** The patches of these jobs by id: read as text, since Prisma parses JSON, and digits are lost. */
async function patchesOf(prisma: PrismaClient, rows: readonly Pick<Job, "id">[]): Promise<Map<string, unknown[]>> {
  const ids = rows.map(({ id }) => id);
  const found = await prisma.$queryRaw<{ id: string; patch: string }[]>`
    SELECT id::text, patch::text FROM jobs WHERE id = ANY(${ids}::uuid[]) AND patch IS NOT NULL`;
  return new Map(found.map(({ id, patch }) => [id, parseExact(patch) as unknown[]]));
}

function replayView(row: Job, patches: ReadonlyMap<string, unknown[]>): ReplayView {
  const { source, mode, selector } = row.spec as unknown as ReplaySpec;
  return {
    id: row.id,
    tenantId: row.tenantId as string,
    source,
    mode,
    status: row.status,
    message: row.message,
    selector,
    patch: patches.get(row.id) ?? null,
    ratePerSecond: row.ratePerSecond ?? 0,
    limit: row.limit,
    selected: row.selected ?? 0,
    processed: row.processed,
    outcomes: row.outcomes as Outcomes,
    report: row.report as ReplayReport,
    ...historyOf(row),
  };
}
