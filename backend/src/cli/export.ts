import { type ExportRequest, exportTargets } from "@streamforge/shared";
import { type Command, Option } from "commander";
import { describeJob, followJob } from "./jobs.js";
import type { LedgerCommandsDeps as HttpCommandsDeps } from "./ledger.js";

interface Wanted {
  tenant: string;
  type?: string;
  from: string;
  to: string;
  target?: ExportRequest["target"];
  detach?: boolean;
}

/** `sf export`, over HTTP: the export runs in a worker, and writes where that one can. */
export function addExportCommand(program: Command, { call, show }: HttpCommandsDeps): void {
  program
    .command("export")
    .description("export stored events to Parquet and wait for the end. Ends with 1 unless it completes")
    .requiredOption("--tenant <id>", "of this tenant")
    .requiredOption("--from <time>", "RFC 3339: occurred since then")
    .requiredOption("--to <time>", "RFC 3339, exclusive")
    .option("--type <type>", "of this event type only")
    .addOption(new Option("--target <target>", "folder of the server, or bucket; the one that is configured").choices(exportTargets))
    .option("--detach", "do not wait for its end")
    .action(async ({ tenant: tenantId, detach, ...wanted }: Wanted) => {
      const { jobId } = await call<{ jobId: string }>("POST", "/v1/admin/exports", { tenantId, ...wanted });
      if (detach) return show({ jobId }, `Export ${jobId} has begun; see: sf jobs show ${jobId}`);
      const ended = await followJob(call, jobId);
      show(ended, describeJob(ended));
    });
}
