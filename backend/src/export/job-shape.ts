import type { ExportPosition, Selection } from "./selection.js";

/** What is asked for. Times are RFC 3339. */
export interface ExportSpec {
  target: "local" | "s3";
  type?: string;
  /** Of occurredAt; both are there unless it is a scheduled one. */
  from?: string;
  to?: string;
  /** What was stored since the one before, which ended behind `after`. */
  scheduled?: { for: string; after?: ExportPosition };
}

/** Where an export continues. */
export interface ExportCursor {
  /** Nothing that was stored at this time or later is taken, ms; fixed when the job begins. */
  storedBeforeMs: number;
  /** Units that are done. */
  units: number;
  after?: ExportPosition;
}

/** What a job says of itself besides its counts. */
export interface ExportReport {
  /** Where the data set is: what a reader is given. */
  location?: string;
  /** Where its manifest is, once it has ended. */
  manifest?: string;
  parts?: number;
  bytes?: number;
  /** Up to which time it has come. */
  upTo?: string;
  storedBefore?: string;
}

/** The part of a job's row that this kind reads and writes. */
export interface ExportJob {
  id: string;
  tenantId: string;
  spec: ExportSpec;
  processed: number;
  cursor: ExportCursor | null;
  report: ExportReport;
}

export interface ExportProgress {
  processed: number;
  outcomes: { exported: number };
  report: ExportReport;
  cursor: ExportCursor;
  selected?: number;
}

/** The folder of the data set: a scheduled export adds to one that grows, any other is one of its own. */
export function dataSetOf({ id, spec }: Pick<ExportJob, "id" | "spec">): string {
  return spec.scheduled ? "scheduled" : `export-${id}`;
}

/** What a job takes; the same each time that it is asked. */
export function selectionOf({ tenantId, spec }: Pick<ExportJob, "tenantId" | "spec">, { storedBeforeMs }: ExportCursor): Selection {
  if (spec.scheduled) return { tenantId, by: "storedAt", fromMs: 0, toMs: storedBeforeMs, storedBeforeMs };
  const [fromMs, toMs] = [Date.parse(spec.from as string), Date.parse(spec.to as string)];
  return { tenantId, by: "occurredAt", fromMs, toMs, storedBeforeMs, ...(spec.type === undefined ? {} : { eventType: spec.type }) };
}
