import type { Actor } from "../accounts/audit.js";
import type { Jobs, NewJob } from "../jobs/jobs.js";
import type { RetentionSpec } from "./kind.js";

/** A run of retention as a job. */
export function retentionJob(spec: RetentionSpec): Omit<NewJob, "tenantId"> {
  return { kind: "retention", spec, audited: { action: "retention.create", after: { ...spec } } };
}

/**
 * Removes what is too old now, or counts it.
 * @param tenantId null: of all tenants
 * @throws TooManyJobsError
 */
export function runRetention(jobs: Pick<Jobs, "create">, actor: Actor, tenantId: string | null, dryRun: boolean): Promise<string> {
  return jobs.create(actor, tenantId, () => ({ ...retentionJob({ dryRun }), tenantId }));
}
