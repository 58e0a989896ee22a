import { letterStatuses, MIN_SEARCH_LENGTH, reasonCodes } from "@streamforge/shared";
import * as z from "zod/mini";
import { rangeSearch, text } from "../../lib/range.js";

const oneOf = <const Values extends readonly [string, ...string[]]>(values: Values) => z.catch(z.optional(z.enum(values)), undefined);

/** Filters of the dead letters, in the URL. No status is "open": what waits for somebody. */
export const lettersSearch = z.object({
  view: oneOf(["list"]),
  cause: text,
  reason: oneOf(reasonCodes),
  status: oneOf([...letterStatuses, "any"]),
  type: text,
  source: text,
  q: text,
  ...rangeSearch,
});
export type LettersSearch = z.infer<typeof lettersSearch>;

/** Whether single letters are asked for, rather than their causes: anything that narrows does. */
export function asksForLetters({ view, cause, reason, type, source, q, since, from, to }: LettersSearch): boolean {
  return [view, cause, reason, type, source, q, since, from, to].some((one) => one !== undefined);
}

export type StatusFilter = (typeof letterStatuses)[number] | undefined;

/** The state that is asked for; undefined: any. */
export const statusOf = ({ status = "open" }: LettersSearch): StatusFilter => (status === "any" ? undefined : status);

/** A search that is being typed: the API would refuse it. */
export const tooShort = ({ q }: LettersSearch) => q !== undefined && q.length < MIN_SEARCH_LENGTH;
