import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ExportPartDocument } from "../store/documents.js";
import type { Span } from "../telemetry/traces.js";
import { dataSetOf, type ExportCursor, type ExportJob, type ExportProgress, selectionOf } from "./job-shape.js";
import { writeManifest } from "./manifest.js";
import type { ExportParts } from "./parts.js";
import type { ExportPosition, Selection } from "./selection.js";
import { type ExportTarget, TargetUnavailableError } from "./target.js";
import type { UnitPart } from "./unit.js";
import type { UnitHost } from "./unit-host.js";

export interface ExportRun {
  job: ExportJob;
  target: ExportTarget;
  parts: ExportParts;
  /** Begun when it is needed. */
  units: UnitHost;
  tenure: { mayGoOn(): boolean; held(): boolean; advance(progress: ExportProgress): Promise<void> };
  /** Repeats what an outage of MongoDB made fail. */
  reach: <T>(operation: () => Promise<T>) => Promise<T>;
  /** Waits while live events have none of the time to spare. */
  giveWay: () => Promise<void>;
  /** Up to when everything is stored, by Redis's clock (`watermark.ts`), ms. */
  storedUntil: () => Promise<number>;
  /** How many documents there are; undefined when that takes too long to know. */
  countAll: (selection: Selection) => Promise<number | undefined>;
  /** EXPORT_PART_EVENTS and EXPORT_BEHIND_SECONDS. */
  limits: { partEvents: number; behindSeconds: number };
  /** The schemas that count now, by type. */
  schemas: () => Promise<Record<string, string>>;
  /** The job's, when it is recorded. */
  trace?: Span | undefined;
  /** Told of parts that have appeared. */
  onParts?: (parts: readonly ExportPartDocument[]) => void;
  /** Test hook: called at the points where a process may die. */
  at?: (point: ExportPoint) => void;
}

export type ExportPoint = "export-listed" | "export-publishing" | "export-published" | "export-advanced" | "export-manifest";

/** A target that does not answer is waited for, then the job begins again where it was. */
const PUBLISH_PAUSE_MS = 2_000;
const PUBLISH_WITHIN_MS = 120_000;

/**
 * Exports events in units: a stretch is read and written to parts beside the data set, counted, listed, published, and then the job's row
 * moves behind it. A worker that dies leaves what is listed beyond the row: it is removed, and the unit is done again. So at no time a row
 * is there twice, and at the end none is missing.
 * @throws an error that names what is wrong; parts that had appeared beyond the row are removed, now or by the next worker of the job
 */
export async function runExport(run: ExportRun): Promise<{ kind: "completed"; message: string } | { kind: "left" }> {
  const { job, target, tenure } = run;
  // The worker before can publish nothing more now. What it had in hand is removed.
  const staging = await target.stage(job.id);
  try {
    await settleUnfinished(run, job.cursor?.units ?? 0);
    if (!tenure.mayGoOn()) return { kind: "left" };
    return await exportUnits(run, join(staging, "unit"));
  } catch (error) {
    throw target.explain(error as Error);
  } finally {
    await target.unstage(staging);
  }
}

async function exportUnits(run: ExportRun, folder: string): Promise<{ kind: "completed"; message: string } | { kind: "left" }> {
  const { job, tenure, reach, units } = run;
  let progress = await beginOrGoOn(run);
  const selection = selectionOf(job, progress.cursor);
  while (tenure.mayGoOn()) {
    const { cursor } = progress;
    const span = run.trace?.begin("export unit");
    await reach(async () =>
      units.begin({ selection, schemas: await run.schemas(), mostRows: run.limits.partEvents, folder, ...behind(cursor) }),
    );
    const ended = await readUnit(run);
    const { parts: files, rows, after } = await units.finish();
    const counted = await reach(() => units.count());
    // More rows than documents: some were deleted meanwhile, which retention and erasure may.
    if (rows < counted) throw new Error(`MongoDB counts ${counted} events where ${rows} were read; nothing of this stretch was written`);
    if (files.length > 0) {
      const listed = files.map((file, i) => partDocument(run, cursor.units + 1, i, file));
      await appear(run, listed, folder, files);
      progress = advanced(progress, { ...cursor, units: cursor.units + 1, ...(after ? { after } : {}) }, listed);
      await tenure.advance(progress);
      run.at?.("export-advanced");
      await reach(() => run.parts.settle(job.id, progress.cursor.units));
      run.onParts?.(listed);
    }
    span?.set({ "streamforge.export.rows": rows, "streamforge.export.parts": files.length });
    span?.end();
    if (ended) return complete(run, progress);
  }
  return { kind: "left" };
}

/** Lists the parts of a unit, then makes them appear. */
async function appear(run: ExportRun, listed: ExportPartDocument[], folder: string, files: readonly UnitPart[]): Promise<void> {
  holdOn(run.tenure);
  await run.reach(() => run.parts.list(listed));
  run.at?.("export-listed");
  for (const [i, { key }] of listed.entries()) {
    run.at?.("export-publishing");
    await patiently(run, () => run.target.publish(join(folder, (files[i] as UnitPart).file), key));
  }
  run.at?.("export-published");
}

async function beginOrGoOn({ job, tenure, target, storedUntil, countAll, limits }: ExportRun): Promise<ExportProgress> {
  const about = { processed: job.processed, outcomes: { exported: job.processed } };
  if (job.cursor) return { ...about, report: job.report, cursor: job.cursor };
  const storedBeforeMs = (await storedUntil()) - (job.spec.scheduled ? limits.behindSeconds * 1_000 : 0);
  const cursor: ExportCursor = { storedBeforeMs, units: 0, ...(job.spec.scheduled?.after ? { after: job.spec.scheduled.after } : {}) };
  const report = { location: target.locate(dataSetOf(job)), storedBefore: new Date(storedBeforeMs).toISOString(), parts: 0, bytes: 0 };
  const selected = await countAll(selectionOf(job, cursor));
  const progress = { ...about, report, cursor, ...(selected === undefined ? {} : { selected }) };
  // Fixed before the first event is read: a worker that continues takes the same events.
  await tenure.advance(progress);
  return progress;
}

function behind({ after }: ExportCursor): { after?: ExportPosition } {
  return after ? { after } : {};
}

/** @returns whether nothing is left behind it */
async function readUnit({ tenure, reach, units, giveWay }: ExportRun): Promise<boolean> {
  while (tenure.mayGoOn()) {
    await giveWay();
    const { full, ended } = await reach(() => units.readPage());
    if (ended) return true;
    if (full) return false;
  }
  return false;
}

/** What a worker listed and did not bring behind the row is removed, files first. */
async function settleUnfinished({ job, target, parts, reach }: ExportRun, units: number): Promise<void> {
  await reach(() => parts.settle(job.id, units));
  const left = await reach(() => parts.pending(job.id));
  for (const { key } of left) await target.remove(key);
  if (left.length > 0) await reach(() => parts.forget(job.id));
}

function partDocument({ job, target }: ExportRun, unit: number, index: number, part: UnitPart): ExportPartDocument {
  const number = `${String(unit).padStart(5, "0")}-${String(index + 1).padStart(4, "0")}`;
  const path = `${part.partition}/part-${job.id}-${number}.parquet`;
  const key = `${dataSetOf(job)}/${path}`;
  return {
    _id: `${job.id}/${number}`,
    jobId: job.id,
    tenantId: job.tenantId,
    unit,
    target: target.kind,
    location: target.locate(key),
    key,
    path,
    eventType: part.eventType,
    rows: part.rows,
    bytes: part.bytes,
    sha256: part.sha256,
    minOccurredAt: new Date(part.minOccurredAtMs),
    maxOccurredAt: new Date(part.maxOccurredAtMs),
    minStoredAt: new Date(part.minStoredAtMs),
    maxStoredAt: new Date(part.maxStoredAtMs),
    at: new Date(),
    pending: true,
  };
}

/** Tries again for a while what a target could not do now, as long as the job is ours. */
async function patiently<T>({ tenure }: ExportRun, work: () => Promise<T>): Promise<T> {
  const until = performance.now() + PUBLISH_WITHIN_MS;
  for (;;) {
    holdOn(tenure);
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof TargetUnavailableError) || !tenure.mayGoOn() || performance.now() > until) throw error;
      await sleep(PUBLISH_PAUSE_MS);
    }
  }
}

/** @throws when the lease is lost: whatever follows would be another worker's */
function holdOn({ held }: ExportRun["tenure"]): void {
  if (!held()) throw new LeaseLostError("the lease is lost");
}

/** Another worker may have the job by now. */
export class LeaseLostError extends Error {
  override name = "LeaseLostError";
}

function advanced(progress: ExportProgress, cursor: ExportCursor, listed: readonly ExportPartDocument[]): ExportProgress {
  const rows = listed.reduce((sum, part) => sum + part.rows, 0);
  const processed = progress.processed + rows;
  const report = {
    ...progress.report,
    parts: (progress.report.parts ?? 0) + listed.length,
    bytes: (progress.report.bytes ?? 0) + listed.reduce((sum, part) => sum + part.bytes, 0),
    ...(cursor.after ? { upTo: new Date(cursor.after.atMs).toISOString() } : {}),
  };
  return { ...progress, processed, outcomes: { exported: processed }, report, cursor };
}

async function complete(run: ExportRun, progress: ExportProgress): Promise<{ kind: "completed"; message: string }> {
  const { job, target, tenure } = run;
  const { processed } = progress;
  if (processed === 0 && job.spec.scheduled) return { kind: "completed", message: "Nothing was stored since the export before." };
  const key = await patiently(run, () => writeManifest({ job, target, parts: run.parts, progress }));
  run.at?.("export-manifest");
  await tenure.advance({ ...progress, selected: processed, report: { ...progress.report, manifest: target.locate(key) } });
  const { parts } = progress.report;
  return { kind: "completed", message: `${processed} events are in ${parts === 1 ? "1 part" : `${parts} parts`}.` };
}
