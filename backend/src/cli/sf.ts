#!/usr/bin/env node
import { createInterface } from "node:readline";
import { type Health, type KeyView, type Scope, type Stats, scopes } from "@streamforge/shared";
import { Command, Option } from "commander";
import { outageOf } from "../lib/errors.js";
import { type KeyAdmin, openKeyAdmin } from "./admin.js";
import { type ApiAccess, callApi } from "./api.js";
import { addEraseCommands } from "./erase.js";
import { addExportCommand } from "./export.js";
import { addJobCommands } from "./jobs.js";
import { addLedgerCommands, type LedgerCommandsDeps } from "./ledger.js";
import { type LocalSession, openLocalSession } from "./local-session.js";
import { printable } from "./printable.js";
import { addReplayCommands } from "./replay.js";
import { addRetentionCommands } from "./retention.js";
import { addSendCommand } from "./send.js";
import { addSourceCommands, sourcesLine } from "./sources.js";
import { table } from "./table.js";
import { openUserAdmin, type UserAdmin } from "./user-admin.js";
import { addUserCommands } from "./users.js";

interface Globals {
  url: string;
  adminToken?: string;
  apiKey?: string;
  json?: boolean;
}

interface NewKeyOptions {
  tenant: string;
  name: string;
  scope: Scope[];
  environment: "live" | "test";
  expires?: Date;
  defaultType?: string;
}

const program = new Command("sf")
  .description("Operates a StreamForge: API keys, people and its state. While npm start runs in this folder, no settings are needed.")
  .addOption(new Option("--url <url>", "address of the API").env("STREAMFORGE_URL").default("http://127.0.0.1:3001"))
  .addOption(new Option("--admin-token <token>", "the server's ADMIN_TOKEN").env("ADMIN_TOKEN"))
  .addOption(new Option("--api-key <key>", "a key with the scope admin, instead of the admin token").env("STREAMFORGE_ADMIN_KEY"))
  .option("--json", "print JSON")
  .showHelpAfterError();

const keys = program.command("keys").description("API keys of producers and programs");

keys
  .command("create")
  .description("make a key, and its tenant when that does not exist; the key is shown this once")
  .requiredOption("--tenant <id>", "tenant that the key sends for")
  .option("--name <name>", "what the key is for; also the source of events that name none", "sf")
  .addOption(new Option("--scope <scope...>", "what it may do").choices(scopes).default(["events:write"]))
  .addOption(new Option("--environment <environment>", "marks the key itself").choices(["live", "test"]).default("live"))
  .option("--expires <time>", "RFC 3339 time at which it ends", parseTime)
  .option("--default-type <type>", "eventType of events that name none")
  .action((options: NewKeyOptions) =>
    withKeys(async (admin, globals) => {
      const { tenant: tenantId, name, scope, environment, expires: expiresAt, defaultType } = options;
      const made = await admin.create({ tenantId, name, scopes: scope, environment, expiresAt, defaultType });
      print(
        globals,
        made,
        `${made.key}\n\nKey ${made.id} of tenant ${made.tenantId} (${made.scopes.join(", ")}). It cannot be shown again.`,
      );
    }),
  );

keys
  .command("list")
  .description("keys, newest first")
  .option("--tenant <id>", "of this tenant only")
  .action(({ tenant }: { tenant?: string }) =>
    withKeys(async (admin, globals) => {
      const items = await admin.list(tenant);
      print(
        globals,
        { items },
        items.length === 0 ? "There are no keys." : table(["ID", "TENANT", "NAME", "SCOPES", "STATE", "LAST USED"], items.map(keyRow)),
      );
    }),
  );

keys
  .command("revoke <id>")
  .description("end a key; every server refuses it within a second")
  .action((id: string) =>
    withKeys(async (admin, globals) => {
      const key = await admin.revoke(id);
      print(globals, key, `Key ${key.id} of tenant ${key.tenantId} is revoked.`);
    }),
  );

addUserCommands(program, { withUsers, readLine });

program
  .command("status")
  .description("whether the API and its stores are up; with a credential also what is being processed. Ends with 1 when it is down")
  .action(async () => {
    const globals = program.opts<Globals>();
    const open = accessOf(globals);
    const health = await callApi<Health>(open, "GET", "/health");
    const access = await credentialed(open);
    const stats = access.credential ? await callApi<Stats>(access, "GET", "/v1/stats") : undefined;
    print(globals, { ...health, stats }, describe(access.url, health, stats));
    if (health.status === "down") process.exitCode = 1;
  });

const overHttp: LedgerCommandsDeps = {
  call: async (method, path, body) => callApi(await credentialed(accessOf(program.opts<Globals>())), method, path, body),
  show: (value, text) => print(program.opts<Globals>(), value, text),
};
addLedgerCommands(program, overHttp);
addSendCommand(program, {
  url: () => program.opts<Globals>().url,
  show: (value, text) => print(program.opts<Globals>(), value, text),
});
addSourceCommands(program, overHttp);
addReplayCommands(program, overHttp);
addJobCommands(program, overHttp);
addEraseCommands(program, overHttp);
addExportCommand(program, overHttp);
addRetentionCommands(program, overHttp);

function describe(url: string, { status, version, uptimeSeconds, dependencies }: Health, stats?: Stats): string {
  const lines = [`StreamForge ${version} at ${url} is ${status}; up for ${Math.round(uptimeSeconds)} s.`];
  const rows = Object.entries(dependencies).map(([name, { status: state, latencyMs, detail }]) => [
    name,
    state,
    latencyMs === null ? "" : `${latencyMs} ms`,
    detail ?? "",
  ]);
  lines.push(table(["STORE", "STATE", "LATENCY", ""], rows));
  if (!stats)
    return [...lines, "With a credential (ADMIN_TOKEN, or --api-key) this also shows backlog, dead letters and the ledger."].join("\n");
  const { backlog, deadLetters, eps, ledger, sources, workers, warnings } = stats;
  lines.push(
    `${backlog.events} events wait, ${deadLetters.open} dead letters are open, ${workers.filter((worker) => worker.alive).length} workers are alive.`,
  );
  lines.push(`${Math.round(eps.accepted)} events/s accepted, ${Math.round(eps.stored)} stored. ${ledger.sentence}`);
  lines.push(...sourcesLine(sources));
  for (const warning of warnings) lines.push(`${warning.severity}: ${warning.message} ${warning.action}`);
  return lines.join("\n");
}

function keyRow(key: KeyView): string[] {
  const expired = key.expiresAt !== null && Date.parse(key.expiresAt) <= Date.now();
  const state = key.revokedAt ? "revoked" : expired ? "expired" : key.expiresAt ? `until ${key.expiresAt}` : "active";
  return [key.id, key.tenantId, key.name, key.scopes.join(","), state, key.lastUsedAt ?? "never"];
}

async function withKeys(work: (admin: KeyAdmin, globals: Globals) => Promise<void>): Promise<void> {
  const globals = program.opts<Globals>();
  const admin = openKeyAdmin(accessOf(globals), process.env);
  try {
    await work(admin, globals);
  } finally {
    await admin.close();
  }
}

async function withUsers(work: (admin: UserAdmin) => Promise<{ value: unknown; text: string }>): Promise<void> {
  const globals = program.opts<Globals>();
  const admin = openUserAdmin(accessOf(globals), process.env);
  try {
    const { value, text } = await work(admin);
    print(globals, value, text);
  } finally {
    await admin.close();
  }
}

/** The first line of standard input. @throws Error when there is none */
async function readLine(): Promise<string> {
  for await (const line of createInterface({ input: process.stdin })) return line;
  throw new Error("Standard input is empty; write the password there, in one line.");
}

function accessOf({ url, adminToken, apiKey, json }: Globals): ApiAccess {
  const shownAsText = json !== true;
  if (adminToken) return { url, credential: { "x-admin-token": adminToken }, shownAsText };
  return { url, credential: apiKey ? { "x-api-key": apiKey } : undefined, shownAsText };
}

let session: Promise<LocalSession> | undefined;

/** Where no credential is given, and the stores' addresses are at hand, the first admin's. */
async function credentialed(access: ApiAccess): Promise<ApiAccess> {
  if (access.credential || !process.env["DATABASE_URL"] || !process.env["REDIS_URL"]) return access;
  session ??= openLocalSession(process.env);
  return { ...access, credential: (await session).credential };
}

function print({ json }: Globals, value: unknown, text: string): void {
  console.log(printable(json ? JSON.stringify(value, null, 2) : text));
}

function parseTime(text: string): Date {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw new Error(`--expires ${text} is no time; write it like 2030-01-31T12:00:00Z.`);
  return time;
}

program
  .parseAsync()
  .catch((error: Error) => {
    console.error(
      outageOf(error)?.store === "postgres"
        ? "Postgres does not answer at DATABASE_URL. Start StreamForge with npm start, or set DATABASE_URL."
        : printable(error.message),
    );
    process.exitCode = 1;
  })
  .finally(async () => (await session?.catch(() => undefined))?.close());
