import { Cron } from "croner";
import type { Actor } from "../accounts/audit.js";
import { unlessOutage } from "../lib/faults.js";
import type { Jobs, NewJob } from "./jobs.js";

export interface Scheduled {
  /** A cron expression in UTC; null: never. */
  cron: string | null;
  /** The setting it came from: the audit log's actor. */
  setting: string;
  /** Made at each time of the schedule. */
  job: () => Omit<NewJob, "tenantId">;
  onMade: (jobId: string) => void;
}

/**
 * Makes a job over all tenants at the times of a cron expression. Every API process comes to each time; one of them makes the job, and
 * none does while one of its kind has not ended: a run that somebody has paused holds the next ones back.
 */
export function scheduleJobs(jobs: Pick<Jobs, "createScheduled">, { cron, setting, job, onMade }: Scheduled): { close(): void } {
  if (cron === null) return { close() {} };
  const actor: Actor = { kind: "system", id: setting, name: setting };
  const make = async (self: Cron): Promise<void> => {
    const at = self.currentRun() ?? new Date();
    at.setMilliseconds(0);
    const made = await jobs.createScheduled(actor, { ...job(), tenantId: null }, at);
    if (made !== null) onMade(made);
  };
  const timer = new Cron(cron, { timezone: "UTC", mode: "5-or-6-parts", unref: true, protect: true, catch: unlessOutage("jobs") }, make);
  return { close: () => timer.stop() };
}
