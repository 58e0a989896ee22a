import type { JobContext } from "../jobs/kinds.js";

/** What is asked for. `private` goes from the row when the job ends, and is shown to nobody. */
export interface ErasureSpec {
  /** The user's digest, hex (see `createUserDigest`). */
  user: string;
  reason: string;
  block: boolean;
  /**
   * With the places: of each partition the last entry that counts, and Redis's time; with `block` the job finds them itself, once the block is
   * known everywhere.
   */
  private?: { userId: string; upTo?: string[]; at?: string };
}

/** Events of one type that the user has: exported parts that overlap may hold some of them. */
export interface Span {
  eventType: string;
  fromMs: number;
  toMs: number;
  storedFromMs: number;
  storedToMs: number;
}

export interface ErasureCursor {
  /** Known once everything up to the erasure's place is settled. */
  spans?: Span[];
}

export interface ErasureReport {
  /** What it waits for, while it does. */
  waitingFor?: string;
  /** Files of exports that may hold events of the user: they are the operator's to remove. */
  exportedParts?: string[];
  moreExportedParts?: number;
}

export type ErasureContext = JobContext<ErasureSpec, ErasureCursor, ErasureReport>;
