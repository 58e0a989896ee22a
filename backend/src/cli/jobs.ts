import { type JobPage, type JobStatus, type JobView, jobKinds, jobStatuses } from "@streamforge/shared";
import { type Command, Option } from "commander";
import { follow } from "./follow.js";
import type { LedgerCommandsDeps as HttpCommandsDeps } from "./ledger.js";
import { table } from "./table.js";

const UNDER_WAY: readonly JobStatus[] = ["pending", "running"];

/** `sf jobs list|show|pause|resume|cancel|follow`, over HTTP: jobs of all kinds run in the workers, not here. */
export function addJobCommands(program: Command, { call, show }: HttpCommandsDeps): void {
  const jobs = program.command("jobs").description("long work of every kind: replays, exports, retention, erasures");
  const one = (method: string, path: string): Promise<JobView> => call(method, `/v1/admin/jobs/${path}`);

  jobs
    .command("list")
    .description("jobs, newest first")
    .option("--tenant <id>", "of this tenant only")
    .addOption(new Option("--kind <kind>", "of this kind only").choices(jobKinds))
    .addOption(new Option("--status <status>", "in this state only").choices(jobStatuses))
    .option("--limit <n>", "how many", "20")
    .action(async ({ tenant, kind, status, limit }: { tenant?: string; kind?: string; status?: string; limit: string }) => {
      const named = { tenantId: tenant, kind, status };
      const query = new URLSearchParams({ limit, ...(Object.fromEntries(Object.entries(named).filter(([, value]) => value)) as object) });
      const page = await call<JobPage>("GET", `/v1/admin/jobs?${query}`);
      const rows = page.items.map((job) => [job.id, job.kind, job.tenantId ?? "all", job.status, done(job), job.createdAt]);
      show(page, rows.length === 0 ? "There are no jobs." : table(["ID", "KIND", "TENANT", "STATE", "DONE", "CREATED"], rows));
    });

  jobs
    .command("show <id>")
    .description("what one was asked for, how far it is, and what came of it")
    .action(async (id: string) => {
      const found = await one("GET", encodeURIComponent(id));
      show(found, describeJob(found));
    });

  jobs
    .command("follow <id>")
    .description("wait for its end. Ends with 1 unless it completes")
    .action(async (id: string) => {
      const ended = await followJob(call, id);
      show(ended, describeJob(ended));
    });

  const commands = {
    pause: "stop for now; within a second or two",
    resume: "let one run that was paused, has failed, or stopped by itself",
    cancel: "end it for good; what it did stays done",
  };
  for (const [command, description] of Object.entries(commands)) {
    jobs
      .command(`${command} <id>`)
      .description(description)
      .action(async (id: string) => {
        const changed = await one("POST", `${encodeURIComponent(id)}/${command}`);
        show(changed, `Job ${changed.id} (${changed.kind}) is ${changed.status}; ${done(changed)} done.`);
      });
  }
}

/** Waits for the end of a job, telling on stderr how far it is. The process ends with 1 unless it completes. */
export async function followJob(call: HttpCommandsDeps["call"], id: string): Promise<JobView> {
  const ended = await follow(
    () => call<JobView>("GET", `/v1/admin/jobs/${encodeURIComponent(id)}`),
    (job) => (UNDER_WAY.includes(job.status) ? `${job.status}: ${done(job)}` : undefined),
  );
  if (ended.status !== "completed") process.exitCode = 1;
  return ended;
}

/** A job in words: state, outcome, what was asked for and what else it found. */
export function describeJob(job: JobView): string {
  const { id, kind, tenantId, status, message, outcome, report, spec, createdBy } = job;
  const lines = [`Job ${id} (${kind}) of ${tenantId ?? "all tenants"} by ${createdBy.name} is ${status}: ${done(job)}.`];
  if (message) lines.push(message);
  const counted = Object.entries(outcome).map(([name, count]) => [name, String(count)]);
  if (counted.length > 0) lines.push(table(["OUTCOME", "COUNT"], counted));
  if (Object.keys(spec).length > 0) lines.push(`Asked for: ${JSON.stringify(spec)}`);
  if (Object.keys(report).length > 0) lines.push(`Report: ${JSON.stringify(report)}`);
  return lines.join("\n");
}

function done({ progress: { processed, selected } }: JobView): string {
  return selected === null ? String(processed) : `${processed} of ${selected}`;
}
