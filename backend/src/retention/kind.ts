import { Buffer } from "node:buffer";
import type { Retention, RetentionReport } from "@streamforge/shared";
import { Binary, type Filter } from "mongodb";
import type { JobContext, JobKind } from "../jobs/kinds.js";
import { createRest } from "../jobs/rest.js";
import { behind } from "../store/cursor.js";
import type { DeadLetterDocument, EventDocument } from "../store/documents.js";
import { guarded } from "../store/guarded.js";
import type { Store } from "../store/mongo.js";
import { createRemovals, REMOVABLE, type RemovableEvent, type Removals } from "../store/removals.js";
import { exportedUntil } from "./exported.js";
import { type Counted, createCounted } from "./report.js";
import { type Cutoffs, cutoffsOf, type RetentionConfig } from "./rules.js";

export interface RetentionSpec {
  dryRun?: boolean;
}

/** Where a run continues: a tenant, and the last event of it that was looked at. Tenants come by name; letters after a tenant's events. */
export interface RetentionCursor {
  tenantId?: string;
  phase?: "events" | "letters" | "done";
  atMs?: number;
  /** `_id`, hex. */
  id?: string;
}

/** `listed`: what is due is known, nothing is removed. `removed`: it is, and the job's row does not say so. */
export type RetentionPoint = "retention-listed" | "retention-removed";

export interface RetentionParts {
  store: Store;
  config: RetentionConfig;
  /** For tests that end the process there. */
  at?: (point: RetentionPoint) => void;
  /** Told how many events went, for the metric. */
  onExpired: (events: number) => void;
  /** Told the end of a run, for the log. */
  onEnd: (run: { job: string; dryRun: boolean; events: number; deadLetters: number; tenants: number }) => void;
}

type Context = JobContext<RetentionSpec, RetentionCursor, RetentionReport>;

/** Events looked at in one slice: what goes of them is one transaction, about 50 ms of mongod's time. */
const SLICE = 500;
/** An event may say that it occurred up to a day after it was received; clocks differ by some seconds. */
const AHEAD_MS = 25 * 3_600_000;
const ADVANCE_EVERY_MS = 500;
/** A change of the settings counts for a run that is under way after this time. */
const RULES_FOR_MS = 5_000;
const LETTER_STATES = ["open", "resolved", "discarded", "superseded"] as const;

/** Removes what is too old, tenant by tenant, in slices; or counts it (`dryRun`). */
export function createRetentionKind(parts: RetentionParts): JobKind<RetentionSpec, RetentionCursor, RetentionReport> {
  const removals = createRemovals(parts.store);
  return {
    kind: "retention",
    async run(context) {
      const { job, tenure, reach } = context;
      const dryRun = job.spec.dryRun === true;
      // What went is counted in MongoDB, with what went; what would go is counted in the row alone.
      const before = dryRun ? job : await reach(() => removals.countsOf(job.id));
      const run = createRun(parts, removals, context, createCounted(before));
      while (tenure.mayGoOn()) {
        if (await run.tenantEnds()) continue;
        if (!tenure.mayGoOn()) break;
        if (await run.nextTenant()) continue;
        await run.advance();
        const { events, deadLetters } = run.totals();
        const report = run.report();
        const tenants = report.tenants.length + report.moreTenants;
        parts.onEnd({ job: job.id, dryRun, events, deadLetters, tenants });
        return { kind: "completed", audited: { dryRun, events, deadLetters, tenants: report.tenants } };
      }
      await run.advance();
      return { kind: "left" };
    },
  };
}

function createRun(parts: RetentionParts, removals: Removals, context: Context, counted: Counted) {
  const { store, config, onExpired } = parts;
  const { job, tenure, reach } = context;
  const dryRun = job.spec.dryRun === true;
  const rest = createRest(context.live, tenure.mayGoOn);
  const removal = { id: job.id, reason: "expired" } as const;
  let cursor: RetentionCursor = job.cursor ?? {};
  let advancedAt = 0;
  let cutoffs: { of: string; at: number; value: Cutoffs } | undefined;

  const totals = () => ({ events: counted.total("events"), deadLetters: counted.total("deadLetters") });
  const advance = async (): Promise<void> => {
    const outcomes = totals();
    await tenure.advance({ processed: outcomes.events + outcomes.deadLetters, outcomes, report: counted.report(), cursor });
    advancedAt = performance.now();
  };

  /** Read anew every 5 s: somebody who keeps events for longer now is heard by a run that is under way. */
  const cutoffsFor = async (tenantId: string): Promise<Cutoffs> => {
    if (cutoffs?.of === tenantId && performance.now() - cutoffs.at < RULES_FOR_MS) return cutoffs.value;
    const [row] = await context.ask<{ retention: Retention | null }>("SELECT retention FROM tenants WHERE id = $1", [tenantId]);
    const exported = config.RETENTION_AFTER_EXPORT ? await exportedUntil(context.ask, tenantId) : undefined;
    if (exported === null) counted.keep(tenantId);
    const value = cutoffsOf(row?.retention ?? null, config, job.createdAt.getTime(), exported);
    cutoffs = { of: tenantId, at: performance.now(), value };
    return value;
  };

  /** One slice of events. @returns whether there may be more */
  const eventsSlice = async (tenantId: string): Promise<boolean> => {
    const { latestMs, goes } = await cutoffsFor(tenantId);
    if (latestMs === undefined) return false;
    const page = await reach(() => readPage(store, tenantId, latestMs + AHEAD_MS, cursor));
    const last = page.at(-1);
    if (!last) return false;
    const due = page.filter(goes);
    const ids = due.map(({ _id }) => _id);
    parts.at?.("retention-listed");
    const gone = dryRun || due.length === 0 ? due : await reach(() => removals.events(removal, ids, goes));
    parts.at?.("retention-removed");
    for (const { eventType } of gone) counted.add(tenantId, "events", eventType, 1);
    if (!dryRun) onExpired(gone.length);
    cursor = { tenantId, phase: "events", atMs: last.occurredAt.getTime(), id: last._id.toString("hex") };
    return page.length === SLICE;
  };

  /** One slice of dead letters. @returns whether there may be more */
  const lettersSlice = async (tenantId: string): Promise<boolean> => {
    const { lettersMs } = await cutoffsFor(tenantId);
    if (lettersMs === undefined) return false;
    const old = (status: DeadLetterDocument["status"]) => ({ tenantId, status, lastFailedAt: { $lt: new Date(lettersMs) } });
    let more = false;
    for (const status of LETTER_STATES) {
      const count = dryRun
        ? await reach(() => guarded(() => store.deadLetters.countDocuments(old(status), { hint: "tenant_status" })))
        : await reach(() => removals.letters(removal, old(status), "tenant_status", SLICE));
      counted.add(tenantId, "deadLetters", "", count);
      more ||= !dryRun && count === SLICE;
    }
    return more;
  };

  return {
    totals,
    report: counted.report,
    advance,
    /** Works on the tenant in hand. @returns whether something of it was done, and there may be more to do */
    async tenantEnds(): Promise<boolean> {
      const { tenantId, phase = "events" } = cursor;
      if (tenantId === undefined || phase === "done") return false;
      const startedAt = performance.now();
      const more = phase === "events" ? await eventsSlice(tenantId) : await lettersSlice(tenantId);
      if (!more) cursor = { tenantId, phase: phase === "events" ? "letters" : "done" };
      // Only a shortcut for the next worker: what is looked at again has gone already. A dry run counts what it passes, so it is exact.
      if (dryRun || performance.now() - advancedAt > ADVANCE_EVERY_MS) await advance();
      await rest.after(performance.now() - startedAt);
      return true;
    },
    /** @returns whether there is another tenant */
    async nextTenant(): Promise<boolean> {
      const next = await reach(() => nextTenant(store, job.tenantId, cursor.tenantId));
      if (next !== undefined) cursor = { tenantId: next, phase: "events" };
      return next !== undefined;
    },
  };
}

/** The next events by occurredAt, young ones included: what goes is decided by when they were received. */
function readPage({ events }: Store, tenantId: string, beforeMs: number, { atMs, id }: RetentionCursor): Promise<RemovableEvent[]> {
  const filter: Filter<EventDocument> = { tenantId, occurredAt: { $lt: new Date(beforeMs) } };
  const position = id === undefined ? undefined : { atMs: atMs as number, id: Buffer.from(id, "hex") };
  const from = position && (behind("occurredAt", position, new Binary(position.id, Binary.SUBTYPE_UUID), "asc") as Filter<EventDocument>);
  return guarded(() =>
    events
      .find<RemovableEvent>(from ? { $and: [filter, from] } : filter, { projection: REMOVABLE, hint: "tenant_time", batchSize: SLICE + 1 })
      .sort({ occurredAt: 1, _id: 1 })
      .limit(SLICE)
      .toArray(),
  );
}

/** The tenant behind `after` that has events or dead letters; the job's own when it has one. */
async function nextTenant({ eventHours, deadLetters }: Store, only: string | null, after: string | undefined): Promise<string | undefined> {
  if (only !== null) return after === undefined ? only : undefined;
  const filter = after === undefined ? {} : { tenantId: { $gt: after } };
  const first = { sort: { tenantId: 1 }, projection: { tenantId: 1 } } as const;
  const found = await guarded(() =>
    Promise.all([
      eventHours.findOne(filter, { ...first, hint: "tenant_hour" }),
      deadLetters.findOne(filter, { ...first, hint: "tenant_status" }),
    ]),
  );
  return found.flatMap((one) => (one ? [one.tenantId] : [])).sort()[0];
}
