import type { DeadLetter, LetterStatus, PatchOperation, ReasonCode, ReasonGroup } from "@streamforge/shared";
import { boundsOf } from "../../lib/range.js";
import { type LettersSearch, tooShort } from "./search.js";

/** Conditions on letters, as the API takes them. */
interface Conditions {
  reasonCode?: ReasonCode;
  fingerprint?: string;
  type?: string;
  source?: string;
  q?: string;
  from?: string;
  to?: string;
}

export function conditionsOf(search: LettersSearch, nowMs: number): Conditions {
  const { cause, reason, type, source, q } = search;
  return { fingerprint: cause, reasonCode: reason, type, source, q: tooShort(search) ? undefined : q, ...boundsOf(search, nowMs) };
}

/** Some by their ids, or all of a tenant that match at a moment: what a filter like "last hour" means must not move while one decides. */
export type Chosen = ReadonlySet<string> | { allOf: string; atMs: number };
export const isAll = (chosen: Chosen): chosen is { allOf: string; atMs: number } => "allOf" in chosen;

/** Letters that something is to be done with. */
export interface Target {
  tenantId: string;
  selector: { ids: string[] } | Conditions | { all: true };
  /** undefined: more than are loaded, and nobody has counted. */
  count: number | undefined;
  /** One of them, to show and to edit. */
  sample: DeadLetter;
  /** Each has an id that another event has: nothing that may be patched can fix that. */
  conflicts: boolean;
}

/** What a request about a target says besides the tenant. */
type Selector = { tenantId: string; ids?: string[]; all?: true } & Conditions;
export const selectorOf = ({ tenantId, selector }: Target): Selector => ({ tenantId, ...selector });

/** A retry with or without a patch. */
export interface RetryOrder {
  target: Target;
  patch?: PatchOperation[];
}

const isConflict = ({ reasonCode }: DeadLetter) => reasonCode === "IDENTITY_CONFLICT";

/** Letters of one tenant that were chosen one by one, at least one. */
export function targetOf(letters: readonly [DeadLetter, ...DeadLetter[]]): Target {
  const [sample] = letters;
  const ids = letters.map(({ id }) => id);
  return { tenantId: sample.tenantId, selector: { ids }, count: ids.length, sample, conflicts: letters.every(isConflict) };
}

/** All open letters that match the filters, as of now: what dies later is not meant. */
export function targetOfAll(search: LettersSearch, sample: DeadLetter, count: number | undefined, nowMs: number): Target {
  const conditions = conditionsOf(search, nowMs);
  const named = Object.values(conditions).some((one) => one !== undefined);
  // A cause has one reason.
  const conflicts = (search.reason !== undefined || search.cause !== undefined) && isConflict(sample);
  return { tenantId: sample.tenantId, selector: named ? conditions : { all: true }, count, sample, conflicts };
}

/** Most causes that the API lists at once; a shorter list is all of them. */
export const MOST_CAUSES = 500;

/**
 * How many letters match, by the causes' counts.
 * @param causes of the same state and tenant
 * @returns undefined when the causes cannot tell: a text, source or time is asked for, or there are too many causes
 */
export function countByCauses(search: LettersSearch, causes: readonly ReasonGroup[] | undefined): number | undefined {
  const { cause, reason, type, source, q, since, from, to } = search;
  if (!causes || causes.length >= MOST_CAUSES || [source, q, since, from, to].some((one) => one !== undefined)) return undefined;
  return causes
    .filter((one) => (cause ?? one.fingerprint) === one.fingerprint)
    .filter((one) => (reason ?? one.reasonCode) === one.reasonCode)
    .filter((one) => type === undefined || one.eventType === type)
    .reduce((sum, { count }) => sum + count, 0);
}

/** Which letters a retry takes when they are named: the others say themselves why not. */
export const mayRetry = (status: LetterStatus) => status === "open" || status === "discarded";
