import type { Retention } from "@streamforge/shared";
import type { Config } from "../config.js";
import type { RemovableEvent } from "../store/removals.js";

export type RetentionConfig = Pick<Config, "RETENTION_DAYS" | "DEAD_LETTER_RETENTION_DAYS" | "RETENTION_AFTER_EXPORT">;

/** What of a tenant is too old, at one moment. */
export interface Cutoffs {
  /** No event that was received since then is too old, of whichever type; undefined: none of them ever is. */
  latestMs: number | undefined;
  /** Whether this event is too old. */
  goes(event: Pick<RemovableEvent, "eventType" | "receivedAt" | "storedAt">): boolean;
  /** Dead letters that last failed before then are too old; undefined: none of them ever is. */
  lettersMs: number | undefined;
}

const DAY_MS = 86_400_000;

/**
 * @param own what the tenant has of its own
 * @param nowMs the moment that ages are counted from
 * @param exportedUntil events that were stored by then are in an export; undefined: that is no condition; null: none are
 */
export function cutoffsOf(own: Retention | null, config: RetentionConfig, nowMs: number, exportedUntil?: Date | null): Cutoffs {
  const before = (days: number): number | undefined => (days === 0 ? undefined : nowMs - days * DAY_MS);
  const general = before(own?.days ?? config.RETENTION_DAYS);
  const byType = new Map(Object.entries(own?.types ?? {}).map(([type, days]) => [type, before(days)]));
  const all = exportedUntil === null ? [] : [general, ...byType.values()].filter((ms) => ms !== undefined);
  return {
    latestMs: all.length > 0 ? Math.max(...all) : undefined,
    goes({ eventType, receivedAt, storedAt }) {
      const cutoff = byType.has(eventType) ? byType.get(eventType) : general;
      if (cutoff === undefined || receivedAt.getTime() >= cutoff) return false;
      return exportedUntil === undefined || (exportedUntil !== null && storedAt < exportedUntil);
    },
    lettersMs: before(own?.deadLetterDays ?? config.DEAD_LETTER_RETENTION_DAYS),
  };
}
