import { Buffer } from "node:buffer";

import { Binary, type Filter } from "mongodb";
import type { EventDocument } from "../store/documents.js";

/**
 * Which events an export takes, in which order. Times in ms since 1970. The set is fixed: nothing that is stored later comes into it
 * (see `watermark.ts`), so that a second reading of the same stretch finds the same events.
 */
export interface Selection {
  tenantId: string;
  /** By when they occurred, or by when they were stored. */
  by: "occurredAt" | "storedAt";
  eventType?: string;
  /** Of the time that it goes by; from (inclusive), to (exclusive). */
  fromMs: number;
  toMs: number;
  /** Only what was stored before. */
  storedBeforeMs: number;
}

/** The last event that was read. */
export interface ExportPosition {
  atMs: number;
  /** `_id` in hex. */
  id: string;
}

const INDEXES = { occurredAt: "tenant_time", storedAt: "tenant_stored" } as const;

/** The index that has a selection's order; a plan that looked best once must not be used for another tenant. */
export function indexOf({ by }: Selection): string {
  return INDEXES[by];
}

export function sortOf({ by }: Selection): Record<string, 1> {
  return { [by]: 1, _id: 1 };
}

/**
 * @param after events behind this one
 * @param until and no further than this one
 */
export function filterOf(selection: Selection, after: ExportPosition | undefined, until?: ExportPosition): Filter<EventDocument> {
  const { tenantId, by, eventType, fromMs, toMs, storedBeforeMs } = selection;
  const conditions: Filter<EventDocument>[] = [
    { tenantId, [by]: { $gte: new Date(after?.atMs ?? fromMs), ...(until ? { $lte: new Date(until.atMs) } : { $lt: new Date(toMs) }) } },
  ];
  if (by !== "storedAt" || toMs > storedBeforeMs) conditions.push({ storedAt: { $lt: new Date(storedBeforeMs) } });
  if (eventType !== undefined) conditions.push({ eventType });
  if (after) conditions.push(side(by, "$gt", after));
  if (until) conditions.push({ $nor: [side(by, "$gt", until)] });
  return { $and: conditions };
}

function side(by: Selection["by"], operator: "$gt", { atMs, id }: ExportPosition): Filter<EventDocument> {
  const at = new Date(atMs);
  return { $or: [{ [by]: { [operator]: at } }, { [by]: at, _id: { [operator]: idOf(id) } }] } as Filter<EventDocument>;
}

function idOf(hex: string): Binary {
  return new Binary(Buffer.from(hex, "hex"), Binary.SUBTYPE_UUID);
}
