import { readFileSync } from "node:fs";
import type { ReplayStatus, ReplayView } from "@streamforge/shared";
import { type Command, InvalidArgumentError, Option } from "commander";
import { withMembers } from "../lib/exact-json.js";
import { follow } from "./follow.js";
import type { LedgerCommandsDeps as HttpCommandsDeps } from "./ledger.js";
import { table } from "./table.js";

interface Page {
  items: ReplayView[];
}

interface Start {
  tenant: string;
  stored?: boolean;
  dryRun?: boolean;
  all?: boolean;
  from?: string;
  to?: string;
  type?: string;
  reason?: string;
  fingerprint?: string;
  id?: string[];
  patch?: string;
  limit?: number;
  rate?: number;
  detach?: boolean;
}

const UNDER_WAY: readonly ReplayStatus[] = ["pending", "running"];

/** `sf replay start|list|show|pause|resume|cancel`, over HTTP: a replay runs in the workers, not here. */
export function addReplayCommands(program: Command, { call, show }: HttpCommandsDeps): void {
  const replay = program.command("replay").description("retries and replays of dead letters");
  const one = (method: string, path: string): Promise<ReplayView> => call(method, `/v1/admin/replay/${path}`);

  replay
    .command("start")
    .description("replay open dead letters (or --stored events) and follow it to its end. Ends with 1 unless all went well")
    .requiredOption("--tenant <id>", "of this tenant")
    .option("--stored", "look at stored events again instead of dead letters: what would fail now?")
    .option("--dry-run", "say what would happen, change nothing")
    .option("--from <time>", "RFC 3339: last failed since then; of stored events, occurred since then")
    .option("--to <time>", "RFC 3339, exclusive")
    .option("--type <type>", "of this event type")
    .option("--reason <code>", "dead for this reason, such as SCHEMA_INVALID")
    .option("--fingerprint <hash>", "dead of this cause")
    .option("--id <id...>", "these dead letters")
    .addOption(new Option("--patch <file>", "RFC 6902 operations for each event, a JSON file").argParser(readPatch))
    .addOption(new Option("--limit <n>", "at most this many").argParser(Number))
    .addOption(new Option("--rate <n>", "at most this many a second").argParser(Number))
    .option("--all", "needed when nothing but the tenant selects")
    .option("--detach", "do not wait for its end")
    .action(
      async ({ tenant: tenantId, stored, dryRun, detach, reason: reasonCode, rate: ratePerSecond, id: ids, patch, ...rest }: Start) => {
        const asked = {
          tenantId,
          status: stored ? "STORED" : "DLQ",
          mode: dryRun ? "dry-run" : "reprocess",
          reasonCode,
          ratePerSecond,
          ids,
        };
        const made = await call<{ replayId: string; selected: number }>(
          "POST",
          "/v1/admin/replay",
          withMembers({ ...asked, ...rest }, { patch }),
        );
        if (detach) return show(made, `Replay ${made.replayId} of ${made.selected} has begun; see: sf replay show ${made.replayId}`);
        const ended = await follow(
          () => one("GET", encodeURIComponent(made.replayId)),
          ({ status, processed, selected }) => (UNDER_WAY.includes(status) ? `${status}: ${processed} of ${selected}` : undefined),
        );
        show(ended, describe(ended));
        if (ended.status !== "completed" || ended.outcomes.failed) process.exitCode = 1;
      },
    );

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
    resume: "continue with one that was paused or stopped by itself",
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

/** Its text as it stands: what is parsed and written anew has lost digits. */
function readPatch(file: string): string {
  try {
    const text = readFileSync(file, "utf8");
    JSON.parse(text);
    return text;
  } catch (error) {
    throw new InvalidArgumentError(
      `it is a file of JSON such as [{"op":"replace","path":"/payload/amount","value":1}]. ${(error as Error).message}`,
    );
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
