import { Buffer } from "node:buffer";
import type { LetterSelector, ReasonCode } from "@streamforge/shared";
import { Binary, type Filter } from "mongodb";
import type { DeadLetterDocument } from "../store/documents.js";
import { containing } from "./search.js";

/** A selector's conditions; times as text or as dates. */
export type LetterConditions = Pick<LetterSelector, "ids" | "reasonCode" | "fingerprint" | "type" | "source" | "status" | "q"> & {
  from?: string | Date | undefined;
  to?: string | Date | undefined;
};

/**
 * The letters that are meant. Without a status letters of every state are: anyone who changes them adds the state that may be changed.
 * @param tenantId null: all tenants
 */
export function lettersMatching(tenantId: string | null, selector: LetterConditions): Filter<DeadLetterDocument> {
  const { ids, reasonCode, fingerprint, type, source, status, from, to, q } = selector;
  const filter: Filter<DeadLetterDocument> = {};
  if (tenantId !== null) filter.tenantId = tenantId;
  if (ids) filter._id = { $in: ids.map((id) => new Binary(Buffer.from(id, "hex"))) };
  if (reasonCode !== undefined) filter.reasonCode = oneOrAny(reasonCode);
  if (fingerprint !== undefined) filter.fingerprint = fingerprint;
  if (type !== undefined) filter.eventType = type;
  if (source !== undefined) filter.source = source;
  if (status !== undefined) filter.status = status;
  if (from !== undefined || to !== undefined)
    filter.lastFailedAt = { ...(from === undefined ? {} : { $gte: new Date(from) }), ...(to === undefined ? {} : { $lt: new Date(to) }) };
  if (q !== undefined) Object.assign(filter, containing(q));
  return filter;
}

/** Whether nothing but the tenant is named, so that the request must say `"all": true`. A limit alone names nothing. */
export function needsAll(selector: LetterConditions & { all?: true | undefined }): boolean {
  const { ids, reasonCode, fingerprint, type, source, status, from, to, q } = selector;
  return selector.all !== true && [ids, reasonCode, fingerprint, type, source, status, from, to, q].every((one) => one === undefined);
}

function oneOrAny(reasonCode: ReasonCode | ReasonCode[]): ReasonCode | { $in: ReasonCode[] } {
  if (!Array.isArray(reasonCode)) return reasonCode;
  return reasonCode.length === 1 ? (reasonCode[0] as ReasonCode) : { $in: reasonCode };
}

const MOST_IDS_IN_AUDIT = 100;

/** An order as the audit log keeps it: of many ids the first ones and how many there were; the letters name who did it, too. */
export function auditable({ ids, ...order }: Record<string, unknown> & { ids?: string[] | undefined }) {
  const kept = ids === undefined ? {} : { ids: ids.slice(0, MOST_IDS_IN_AUDIT), idCount: ids.length };
  return JSON.parse(JSON.stringify({ ...order, ...kept }));
}
