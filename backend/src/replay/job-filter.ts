import type { LetterSelector } from "@streamforge/shared";
import type { Filter } from "mongodb";
import { hintFor, type LetterPlan } from "../dead-letters/plan.js";
import { lettersMatching } from "../dead-letters/selector.js";
import type { EventDocument } from "../store/documents.js";

/** What both the API, which counts, and the worker, which reads page by page, take a job to mean. */
interface Selection {
  tenantId: string;
  selector: Record<string, unknown>;
  createdAt: Date;
}

/**
 * Letters that died until the job was made. Unless ids or a state are named, only those that are open: named ones are taken when
 * they are open or discarded, and of the others is said what they are.
 */
export function lettersOf({ tenantId, selector, createdAt }: Selection): LetterPlan {
  const wanted = selector as LetterSelector;
  const status = wanted.status ?? (wanted.ids ? undefined : "open");
  const conditions = { ...wanted, status };
  return { filter: { $and: [lettersMatching(tenantId, conditions), { lastFailedAt: { $lte: createdAt } }] }, hint: hintFor(conditions) };
}

/** Events that were stored until the job was made; `from` and `to` are of occurredAt. */
export function eventFilter({ tenantId, selector, createdAt }: Selection): Filter<EventDocument> {
  const { from, to, type } = selector as LetterSelector;
  const filter: Filter<EventDocument> = { tenantId, storedAt: { $lte: createdAt } };
  if (type !== undefined) filter.eventType = type;
  if (from !== undefined || to !== undefined)
    filter.occurredAt = { ...(from === undefined ? {} : { $gte: new Date(from) }), ...(to === undefined ? {} : { $lt: new Date(to) }) };
  return filter;
}
