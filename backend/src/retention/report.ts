import type { RetentionReport } from "@streamforge/shared";
import type { LeasedJob } from "../jobs/lease.js";
import type { JobCountDocument, RemovedWhat } from "../store/removal-documents.js";

const MOST_TENANTS = 200;
const MOST_TYPES = 50;

/** What a run has removed, or would remove. */
export interface Counted {
  add(tenantId: string, what: RemovedWhat, type: string, count: number): void;
  keep(tenantId: string): void;
  total(what: RemovedWhat): number;
  report(): RetentionReport;
}

interface Tenant {
  events: number;
  deadLetters: number;
  types: Map<string, number>;
}

/** @param before what earlier turns of the job have counted: in MongoDB, or (a dry run) in the job's row */
export function createCounted(
  before: readonly JobCountDocument[] | Pick<LeasedJob<object, object, Partial<RetentionReport>>, "report" | "outcomes">,
): Counted {
  const tenants = new Map<string, Tenant>();
  const totals = { events: 0, deadLetters: 0 };
  const notExported = new Set<string>();
  let moreTenants = 0;

  const add: Counted["add"] = (tenantId, what, type, count) => {
    if (count === 0) return;
    const tenant = tenants.get(tenantId) ?? { events: 0, deadLetters: 0, types: new Map() };
    tenants.set(tenantId, tenant);
    tenant[what] += count;
    totals[what] += count;
    if (what === "events") tenant.types.set(type, (tenant.types.get(type) ?? 0) + count);
  };
  if ("report" in before) {
    const { events = 0, deadLetters = 0 } = before.outcomes;
    Object.assign(totals, { events, deadLetters });
    moreTenants = before.report.moreTenants ?? 0;
    for (const { tenantId, types, ...sums } of before.report.tenants ?? [])
      tenants.set(tenantId, { ...sums, types: new Map(Object.entries(types)) });
  } else for (const { tenantId, what, type, count } of before) add(tenantId, what, type, count);

  return {
    add,
    keep: (tenantId) => void notExported.add(tenantId),
    total: (what) => totals[what],
    report() {
      const sorted = [...tenants].sort(([, a], [, b]) => b.events + b.deadLetters - a.events - a.deadLetters);
      const shown = sorted.slice(0, MOST_TENANTS).map(([tenantId, { events, deadLetters, types }]) => ({
        tenantId,
        events,
        deadLetters,
        types: Object.fromEntries([...types].sort(([, a], [, b]) => b - a).slice(0, MOST_TYPES)),
      }));
      const kept = notExported.size > 0 ? { notExported: [...notExported].slice(0, MOST_TENANTS) } : {};
      return { tenants: shown, moreTenants: moreTenants + sorted.length - shown.length, ...kept };
    },
  };
}
