import type { ErasuresOfUser } from "@streamforge/shared";
import type { Command } from "commander";
import { describeJob, followJob } from "./jobs.js";
import type { LedgerCommandsDeps as HttpCommandsDeps } from "./ledger.js";
import { table } from "./table.js";

interface Named {
  tenant: string;
  user: string;
}

interface Erase extends Named {
  reason: string;
  block?: boolean;
  yes?: boolean;
  detach?: boolean;
}

/** `sf erase`, `sf erased`, `sf unblock`, over HTTP: an erasure runs in a worker. */
export function addEraseCommands(program: Command, { call, show }: HttpCommandsDeps): void {
  const command = (name: string, about: string): Command =>
    program
      .command(name)
      .description(about)
      .requiredOption("--tenant <id>", "of this tenant")
      .requiredOption("--user <userId>", "the user, as its events name it");

  command("erase", "erase one user's events, dead letters and what is on its way, and wait for the end. Ends with 1 unless it completes")
    .requiredOption("--reason <text>", "why; the audit log keeps it, so it must not name the user")
    .option("--block", "refuse events of this user from now on")
    .option("--yes", "needed: nothing brings the data back")
    .option("--detach", "do not wait for its end")
    .action(async ({ tenant: tenantId, user: userId, reason, block, yes, detach }: Erase) => {
      if (!yes) throw new Error(`Nothing brings the events of this user of ${tenantId} back. Say --yes to erase them.`);
      const { jobId } = await call<{ jobId: string }>("POST", "/v1/admin/erasures", {
        tenantId,
        userId,
        reason,
        ...(block ? { block } : {}),
      });
      if (detach) return show({ jobId }, `Erasure ${jobId} has begun; see: sf jobs show ${jobId}`);
      const ended = await followJob(call, jobId);
      show(ended, describeJob(ended));
    });

  command("erased", "whether a user was erased, when, by whom and why; and whether it is blocked").action(
    async ({ tenant: tenantId, user: userId }: Named) => {
      const found = await call<ErasuresOfUser>("POST", "/v1/admin/erasures/search", { tenantId, userId });
      const rows = found.items.map(({ id, status, outcome, createdBy, createdAt, spec }) => [
        id,
        status,
        String(outcome.events ?? 0),
        String(outcome.deadLetters ?? 0),
        createdBy.name,
        createdAt,
        String(spec.reason ?? ""),
      ]);
      const list =
        rows.length === 0 ? "This user was never erased." : table(["JOB", "STATE", "EVENTS", "LETTERS", "BY", "AT", "WHY"], rows);
      show(found, `${list}\nThe audit log names the user ${found.user}. Its events are ${found.blocked ? "refused" : "taken"}.`);
    },
  );

  command("unblock", "take events of a blocked user again")
    .requiredOption("--reason <text>", "why; the audit log keeps it, so it must not name the user")
    .action(async ({ tenant: tenantId, user: userId, reason }: Named & { reason: string }) => {
      const { unblocked } = await call<{ unblocked: number }>("POST", "/v1/admin/erasures/unblock", { tenantId, userId, reason });
      show(
        { unblocked },
        unblocked === 0 ? "This user was not blocked." : "Events of this user are taken again, by every process within a second or two.",
      );
    });
}
