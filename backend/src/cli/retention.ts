import type { JobView, RetentionReport } from "@streamforge/shared";
import type { Command } from "commander";
import { describeJob, followJob } from "./jobs.js";
import type { LedgerCommandsDeps as HttpCommandsDeps } from "./ledger.js";
import { table } from "./table.js";

/** `sf retention run`, over HTTP: the job runs in the workers. */
export function addRetentionCommands(program: Command, { call, show }: HttpCommandsDeps): void {
  program
    .command("retention")
    .description("how long events and dead letters are kept")
    .command("run")
    .description("remove what is too old now, and follow it to its end. Ends with 1 unless it completes")
    .option("--tenant <id>", "of this tenant only")
    .option("--dry-run", "count what would go, by tenant and type; remove nothing")
    .option("--detach", "do not wait for its end")
    .action(async ({ tenant: tenantId, dryRun = false, detach }: { tenant?: string; dryRun?: boolean; detach?: boolean }) => {
      const made = await call<{ jobId: string }>("POST", "/v1/admin/retention/run", { tenantId, dryRun });
      if (detach) return show(made, `Job ${made.jobId} has begun; see: sf jobs show ${made.jobId}`);
      const ended = await followJob(call, made.jobId);
      show(ended, ended.status === "completed" ? describeRun(ended, dryRun) : describeJob(ended));
    });
}

function describeRun({ outcome: { events = 0, deadLetters = 0 }, report }: JobView, dryRun: boolean): string {
  const { tenants = [], moreTenants = 0, notExported = [] } = report as Partial<RetentionReport>;
  const lines = [`${events} events and ${deadLetters} dead letters ${dryRun ? "would go" : "went"}.`];
  const rows = tenants.map((one) => [one.tenantId, String(one.events), String(one.deadLetters), typesOf(one.types)]);
  if (rows.length > 0) lines.push(table(["TENANT", "EVENTS", "DEAD LETTERS", "BY TYPE"], rows));
  if (moreTenants > 0) lines.push(`And of ${moreTenants} more tenants.`);
  if (notExported.length > 0) lines.push(`Kept, since no export has them: events of ${notExported.join(", ")}.`);
  return lines.join("\n");
}

function typesOf(types: Record<string, number>): string {
  return Object.entries(types)
    .map(([type, count]) => `${type} ${count}`)
    .join(", ");
}
