import type { Actor } from "../accounts/audit.js";
import type { Jobs } from "../jobs/jobs.js";
import type { ExportSpec } from "./job-shape.js";
import { configuredTargets, type TargetSettings, targetFault } from "./targets.js";

/** What somebody asks for; times are RFC 3339, of occurredAt, from (inclusive) and to (exclusive). */
export interface NewExport {
  tenantId: string;
  type?: string | undefined;
  from: string;
  to: string;
  target?: "local" | "s3" | undefined;
}

/** The target is not configured, and the message says what to set. */
export class NoTargetError extends Error {
  override name = "NoTargetError";
}

export interface Exports {
  /**
   * Makes the job; a worker begins within a second.
   * @throws NoTargetError; TooManyJobsError
   */
  create(actor: Actor, wanted: NewExport, signal: AbortSignal): Promise<{ jobId: string }>;
}

export function createExports({ jobs, config }: { jobs: Jobs; config: TargetSettings }): Exports {
  return {
    async create(actor, { tenantId, target, type, from, to }, signal) {
      const fault = targetFault(config, target);
      if (fault) throw new NoTargetError(fault);
      const asked = {
        target: target ?? (configuredTargets(config)[0] as ExportSpec["target"]),
        ...(type === undefined ? {} : { type }),
        from: new Date(from).toISOString(),
        to: new Date(to).toISOString(),
      };
      const spec: ExportSpec = asked;
      const job = { kind: "export", tenantId, spec, audited: { action: "export.create", after: asked } } as const;
      return { jobId: await jobs.create(actor, tenantId, () => job, signal) };
    },
  };
}
