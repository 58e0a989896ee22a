import { guarded } from "../store/guarded.js";
import { dataSetOf, type ExportJob, type ExportProgress } from "./job-shape.js";
import type { ExportParts } from "./parts.js";
import { type ExportTarget, TargetRefusedError } from "./target.js";

/** Raised when a member changes its meaning. */
const VERSION = 1;

/**
 * Writes `_manifest.json`: what was exported, and of each part its path, rows, bytes, times and digest. It appears last, so a data set that
 * has one is complete.
 * @returns its key
 * @throws TargetRefusedError when a part is not there: workers of several machines have different folders under one EXPORT_DIR
 */
export async function writeManifest({
  job,
  target,
  parts,
  progress,
}: {
  job: ExportJob;
  target: ExportTarget;
  parts: ExportParts;
  progress: ExportProgress;
}): Promise<string> {
  const { tenantId, spec, id } = job;
  const root = dataSetOf(job);
  const listed: object[] = [];
  let rows = 0;
  let bytes = 0;
  await guarded(async () => {
    for await (const part of parts.of(id)) {
      // One folder of one machine may hide another's; a bucket is one by nature.
      if (target.kind === "local" && (await target.sizeOf(part.key)) !== part.bytes)
        throw new TargetRefusedError(
          `${part.location} is not there as it was written; EXPORT_DIR must be one folder that all workers share`,
        );
      rows += part.rows;
      bytes += part.bytes;
      const { path, eventType, sha256, minOccurredAt, maxOccurredAt, minStoredAt, maxStoredAt } = part;
      listed.push({ path, eventType, rows: part.rows, bytes: part.bytes, sha256, minOccurredAt, maxOccurredAt, minStoredAt, maxStoredAt });
    }
  });
  if (rows !== progress.processed)
    throw new Error(`the parts that are listed have ${rows} rows, and ${progress.processed} events were counted`);
  const { storedBeforeMs } = progress.cursor;
  const manifest = {
    version: VERSION,
    exportId: id,
    tenantId,
    ...(spec.scheduled ? { scheduledFor: spec.scheduled.for } : { from: spec.from, to: spec.to }),
    ...(spec.type === undefined ? {} : { type: spec.type }),
    storedBefore: new Date(storedBeforeMs).toISOString(),
    rows,
    bytes,
    parts: listed,
  };
  // A data set that grows has a manifest of each export that added to it.
  const key = spec.scheduled ? `${root}/_exports/${id}/_manifest.json` : `${root}/_manifest.json`;
  await target.publishText(`${JSON.stringify(manifest, null, 2)}\n`, key);
  return key;
}
