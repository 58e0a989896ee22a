import type { ReasonCode, ReplayOutcomeName } from "@streamforge/shared";
import type { DeadLetterDocument, ReplayOutcome } from "../store/documents.js";

/** What a replay decided about one letter. Kept as JSON in the job's row until it is written to the letter. */
export interface Decision {
  /** The letter's `_id` in hex. */
  id: string;
  eventId: string;
  /** `skipped`: it was not ours to take when its turn came. */
  outcome: ReplayOutcome | "skipped";
  /** Of what failed. `PATCH_FAILED` was not tried: the letter stays as it is. */
  code?: ReasonCode | "PATCH_FAILED";
  message?: string;
  fingerprint?: string;
  failures?: DeadLetterDocument["failures"];
  /** How long its bulk took, in whole ms. */
  durationMs?: number;
  /** The letter was marked as ours, so that what became of it must be written to it. */
  claimed: boolean;
}

/** What a dry run foresees for one letter. */
export interface Foreseen extends Decision {
  before: string;
  after: string;
}

/** What looking at a stored event again found. */
export interface Review {
  /** The event's `_id` in hex. */
  id: string;
  eventId: string;
  /** Why it would become a dead letter now. */
  failure?: { code: ReasonCode; message: string };
  /** Derived fields that differ from what is stored; null: it should not be there. */
  change?: { typeVersion: number | null };
}

/** How many of each. */
export type Outcomes = Partial<Record<ReplayOutcomeName, number>>;
