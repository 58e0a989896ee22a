import type { CheckDifference } from "@streamforge/shared";
import { DAY_MS, type DayCount, type DayCounts, type DayRemovals, dayKey } from "./count.js";

export interface Counted {
  fromDay: number;
  closedUntilMs: number;
  events: DayCounts;
  resolved: DayCounts;
  stored: Map<string, number>;
  /** Letters, by tenant, that replays had in hand or settled while it was counted. */
  replayed: Map<string, number>;
  /** What was known to have gone before it was counted, and after. */
  removed: { before: Map<string, DayRemovals>; after: Map<string, DayRemovals> };
}

export interface Compared {
  tenants: number;
  days: number;
  documents: number;
  stored: number;
  resolved: number;
  removed: number;
  differences: Omit<CheckDifference, "explainedBy">[];
}

const NOTHING: DayCount = { documents: 0, late: 0, early: 0, beyond: 0 };

const NONE_GONE: DayRemovals = { events: 0, letters: 0 };
const COLUMNS = ["documents", "stored", "resolved", "removed"] as const;

/**
 * documents + removed = stored + resolved, for each tenant and day and for each tenant's sum. What stands so near to the edge of a day
 * that the ledger may have it on the other side is given either way; in the sum only the two outer edges are left, so that what is
 * lost at a busy midnight shows there. What went while it was counted may have been counted as well, or not.
 */
export function compare({ fromDay, closedUntilMs, events, resolved, stored, replayed, removed }: Counted): Compared {
  const lastDay = Math.floor((closedUntilMs - 1) / DAY_MS);
  const tenants = tenantsOf(fromDay, events, resolved, stored, removed.after);
  const result: Compared = { tenants: tenants.length, days: 0, documents: 0, stored: 0, resolved: 0, removed: 0, differences: [] };
  for (const tenantId of tenants) {
    const at = (counts: DayCounts, day: number) => counts.get(dayKey(tenantId, day)) ?? NOTHING;
    const sum = { documents: 0, stored: 0, resolved: 0, removed: 0 };
    const meanwhile = { events: 0, letters: 0 };
    const slack = replayed.get(tenantId) ?? 0;
    const judge = (day: string, found: typeof sum, gone: DayRemovals, tooMany: number, tooFew: number): void => {
      const difference = beyond(
        found.documents + found.removed - found.stored - found.resolved,
        tooMany + slack + gone.events,
        tooFew + slack + gone.letters,
      );
      if (difference !== 0) result.differences.push({ tenantId, day, ...found, difference });
    };
    for (let day = fromDay; day <= lastDay; day++) {
      const own = at(events, day);
      const key = dayKey(tenantId, day);
      const gone = removed.after.get(key) ?? NONE_GONE;
      const goneBefore = removed.before.get(key) ?? NONE_GONE;
      const found = {
        documents: own.documents,
        stored: stored.get(key) ?? 0,
        resolved: at(resolved, day).documents + gone.letters,
        removed: gone.events,
      };
      if (COLUMNS.every((column) => found[column] === 0)) continue;
      result.days++;
      for (const column of COLUMNS) sum[column] += found[column];
      const since = { events: gone.events - goneBefore.events, letters: gone.letters - goneBefore.letters };
      meanwhile.events += since.events;
      meanwhile.letters += since.letters;
      judge(textOf(day), found, since, own.late + own.early, at(events, day - 1).late + at(events, day + 1).early + own.beyond);
    }
    const [first, last] = [at(events, fromDay), at(events, lastDay)];
    judge("all", sum, meanwhile, first.early + last.late, at(events, fromDay - 1).late + last.beyond);
    for (const column of COLUMNS) result[column] += sum[column];
  }
  return result;
}

/** What is left of a difference when so many too many and so many too few are explained. */
function beyond(difference: number, tooMany: number, tooFew: number): number {
  return difference > 0 ? Math.max(0, difference - tooMany) : Math.min(0, difference + tooFew);
}

function tenantsOf(fromDay: number, ...counts: ReadonlyMap<string, unknown>[]): string[] {
  const keys = counts.flatMap((one) => [...one.keys()]);
  const parts = keys.map((key) => [Number.parseInt(key, 10), key.slice(key.indexOf(":") + 1)] as const);
  return [...new Set(parts.filter(([day]) => day >= fromDay).map(([, tenantId]) => tenantId))].sort();
}

function textOf(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}
