import type { Alarm, Check, Ledger, Stats } from "@streamforge/shared";
import type { Command } from "commander";
import { follow } from "./follow.js";
import { table } from "./table.js";

/** One request with the operator's credential, and how what came of it is shown: JSON or text, as was asked for. */
export interface LedgerCommandsDeps {
  call<T>(method: string, path: string, body?: object | string): Promise<T>;
  show(value: unknown, text: string): void;
}

interface Range {
  tenant?: string;
  from?: string;
  to?: string;
  missing?: boolean;
}

/** `sf ledger`, `sf ledger acknowledge`, `sf ledger verify`. */
export function addLedgerCommands(program: Command, { call, show }: LedgerCommandsDeps): void {
  const ledger = program
    .command("ledger")
    .description("per minute: what was accepted, and what became of it; with the verdict and alarms. Ends with 1 when something is missing")
    .option("--tenant <id>", "of this tenant only")
    .option("--from <time>", "RFC 3339; an hour ago by default")
    .option("--to <time>", "RFC 3339, exclusive; now by default")
    .option("--missing", "minutes with something missing only")
    .action(async (range: Range) => {
      const minutes = await call<Ledger>("GET", `/v1/admin/ledger${queryOf(range)}`);
      // A tenant's key may see its minutes; what concerns all tenants is for operators.
      const whole = await wholeOf(call).catch((error: Error) => ({ alarms: [], verdict: null, why: error.message }));
      show(
        { ...minutes, alarms: whole.alarms, verdict: whole.verdict },
        describe(minutes, whole, range.missing ? "Not a minute with something missing." : "Nothing was accepted in this time."),
      );
      if (minutes.total.missing > minutes.total.acknowledged || whole.verdict?.verdict === "missing") process.exitCode = 1;
    });

  ledger
    .command("acknowledge <id>")
    .description("say that a loss is known; the alarm stays in the list with your note")
    .requiredOption("--note <text>", "what was found out and done")
    .action(async (id: string, { note }: { note: string }) => {
      const alarm = await call<Alarm>("POST", `/v1/admin/ledger/alarms/${encodeURIComponent(id)}/acknowledge`, { note });
      show(alarm, `Alarm ${alarm.id} is acknowledged by ${alarm.acknowledged?.by}: ${alarm.acknowledged?.note}`);
    });

  ledger
    .command("verify")
    .description("count the stored documents and compare them with the ledger, per tenant and day. Ends with 1 when they differ")
    .action(async () => {
      const { id } = await call<Check>("POST", "/v1/admin/ledger/verify");
      const look = async () => {
        const { items } = await call<{ items: Check[] }>("GET", "/v1/admin/ledger/checks");
        return items.find((item) => item.id === id) as Check;
      };
      const check = await follow(look, ({ status, sentence }) => (status === "running" ? sentence : undefined));
      const rows = check.differences.map(({ tenantId, day, documents, stored, resolved, difference, explainedBy }) =>
        [tenantId, day, documents, stored, resolved, difference, explainedBy ?? "nothing"].map(String),
      );
      const head = ["TENANT", "DAY", "DOCUMENTS", "STORED", "RESOLVED", "DIFFERENCE", "EXPLAINED BY"];
      show(check, rows.length === 0 ? check.sentence : `${check.sentence}\n${table(head, rows)}`);
      if (check.status !== "agrees") process.exitCode = 1;
    });
}

interface Whole {
  alarms: Alarm[];
  verdict: Stats["ledger"] | null;
  /** Why there is no verdict. */
  why?: string;
}

async function wholeOf(call: LedgerCommandsDeps["call"]): Promise<Whole> {
  const [alarms, stats] = await Promise.all([call<{ items: Alarm[] }>("GET", "/v1/admin/ledger/alarms"), call<Stats>("GET", "/v1/stats")]);
  return { alarms: alarms.items, verdict: stats.ledger };
}

function queryOf({ tenant, from, to, missing }: Range): string {
  const given = Object.entries({ tenantId: tenant, from, to, only: missing ? "missing" : undefined }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return given.length === 0 ? "" : `?${new URLSearchParams(given)}`;
}

function describe(
  { items, total, deadNow, unaccounted, truncated, missingSince }: Ledger,
  { alarms, verdict, why }: Whole,
  none: string,
): string {
  const columns = ["accepted", "stored", "duplicate", "dead", "inFlight", "missing"] as const;
  const cells = (row: Record<(typeof columns)[number], number>) => columns.map((column) => row[column].toLocaleString("en-US"));
  const head = ["MINUTE", "TENANT", "ACCEPTED", "STORED", "DUPLICATE", "DEAD", "IN FLIGHT", "MISSING", ""];
  const rows = items.map((row) => [row.minute.slice(0, 16), row.tenantId, ...cells(row), row.closed ? "closed" : "open"]);
  const lines = [
    rows.length === 0 ? none : table(head, [...rows, ["all", "", ...cells(total), ""]]),
    `Dead letters now: ${Object.entries(deadNow)
      .map(([state, n]) => `${n} ${state}`)
      .join(", ")}.`,
    verdict ? verdict.sentence : `Verdict and alarms are not shown: ${why}`,
  ];
  if (truncated)
    lines.unshift(`The newest ${items.length.toLocaleString("en-US")} rows; "all" counts the whole time. Narrow it with --from and --to.`);
  if (missingSince !== null) lines.push(`The first minute with something missing is ${missingSince}; sf ledger --missing lists them.`);
  if (unaccounted) lines.push(`${unaccounted.toLocaleString("en-US")} accepted events of this time have no row any more: Redis lost them.`);
  for (const alarm of alarms) lines.push(alarmLine(alarm));
  return lines.join("\n");
}

function alarmLine({ id, sentence, action, acknowledged }: Alarm): string {
  if (acknowledged) return `Alarm ${id}: ${sentence} Acknowledged ${acknowledged.at} by ${acknowledged.by}: ${acknowledged.note}`;
  return `ALARM ${id}, not acknowledged: ${sentence} ${action}`;
}
