import type { JobLeases } from "../jobs/lease.js";

/** The last scheduled export of the tenant that has ended: all that was stored before its watermark is in whole parts. */
const WATERMARK = `SELECT max((cursor->>'storedBeforeMs')::bigint)::float8 AS "untilMs" FROM jobs
  WHERE kind = 'export' AND tenant_id = $1 AND status = 'completed' AND spec ? 'scheduled'`;

/**
 * For RETENTION_AFTER_EXPORT: until when a tenant's events, by `storedAt`, have been exported. Exports of a range that somebody asked for
 * do not count, since nobody knows that there will be one of what is left.
 * @returns null when no scheduled export has ended
 */
export async function exportedUntil(ask: JobLeases["ask"], tenantId: string): Promise<Date | null> {
  const [row] = await ask<{ untilMs: number | null }>(WATERMARK, [tenantId]);
  return row?.untilMs == null ? null : new Date(row.untilMs);
}
