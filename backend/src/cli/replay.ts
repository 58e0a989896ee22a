import type { ReplayView } from "@streamforge/shared";
import type { Command } from "commander";
import type { LedgerCommandsDeps as HttpCommandsDeps } from "./ledger.js";
import { table } from "./table.js";

interface Page {
  items: ReplayView[];
}

/** `sf replay list|show|pause|resume|cancel`, over HTTP: a replay runs in the workers, not here. */
export function addReplayCommands(program: Command, { call, show }: HttpCommandsDeps): void {
  const replay = program.command("replay").description("retries and replays of dead letters");
  const one = (method: string, path: string): Promise<ReplayView> => call(method, `/v1/admin/replay/${path}`);

  replay
    .command("list")
    .description("replays, newest first")
    .option("--tenant <id>", "of this tenant only")
    .option("--status <status>", "pending, running, paused, stopped, cancelled, completed or failed")
    .option("--limit <n>", "how many", "20")
    .action(async ({ tenant, status, limit }: { tenant?: string; status?: string; limit: string }) => {
      const query = new URLSearchParams({ limit, ...(tenant ? { tenantId: tenant } : {}), ...(status ? { status } : {}) });
      const page = await call<Page>("GET", `/v1/admin/replay?${query}`);
      const rows = page.items.map(({ id, tenantId, source, mode, status: state, processed, selected, createdAt }) => [
        id,
        tenantId,
        mode === "dry-run" ? `${source} (dry run)` : source,
        state,
        `${processed} of ${selected}`,
        createdAt,
      ]);
      show(page, rows.length === 0 ? "There are no replays." : table(["ID", "TENANT", "SOURCE", "STATE", "DONE", "CREATED"], rows));
    });

  replay
    .command("show <id>")
    .description("progress, outcomes and the first failures of one")
    .action(async (id: string) => {
      const found = await one("GET", encodeURIComponent(id));
      show(found, describe(found));
    });

  const commands = {
    pause: "stop for now; within a second",
    resume: "go on with one that was paused or stopped by itself",
    cancel: "end it for good; letters in hand become open again",
  };
  for (const [command, description] of Object.entries(commands)) {
    replay
      .command(`${command} <id>`)
      .description(description)
      .action(async (id: string) => {
        const changed = await one("POST", `${encodeURIComponent(id)}/${command}`);
        show(changed, `Replay ${changed.id} is ${changed.status}; ${changed.processed} of ${changed.selected} done.`);
      });
  }
}

function describe(found: ReplayView): string {
  const { id, tenantId, source, mode, status, processed, selected, ratePerSecond, message, outcomes, report, createdBy } = found;
  const lines = [
    `Replay ${id} of ${tenantId} (${source}, ${mode}) by ${createdBy.name} is ${status}: ${processed} of ${selected}, at most ${ratePerSecond} a second.`,
  ];
  if (message) lines.push(message);
  const counted = Object.entries(outcomes).map(([outcome, count]) => [outcome, String(count)]);
  if (counted.length > 0) lines.push(table(["OUTCOME", "COUNT"], counted));
  const failures = (report.failures ?? []).map((failure) => [failure.eventId, failure.code, failure.message]);
  if (failures.length > 0) lines.push(table(["EVENT", "CODE", "WHY"], failures));
  return lines.join("\n");
}
