import { setTimeout as sleep } from "node:timers/promises";
import { Command, InvalidArgumentError, Option } from "commander";
import { MongoClient } from "mongodb";
import { commit, figure, table, writeReport } from "../load/report.js";
import { insertLetters, RARE, SPAN_MS, TENANTS } from "./letters.js";
import { DATABASE, type System, startSystem } from "./system.js";

interface Options {
  letters: number;
  rounds: number;
  json?: string;
}

interface Measured {
  name: string;
  path: string;
  p50: number;
  p99: number;
  /** What it found the last time: items, or the count of the first group. */
  found: number;
  status: number;
}

const say = (line: string): void => void process.stderr.write(`  ${line}\n`);
const hours = (n: number): string => new Date(Date.now() - n * 3_600_000).toISOString();

/** What the dashboard asks for, and what is hardest: rare values, all tenants, conditions that hardly any letter meets at once. */
function queries(): [name: string, path: string][] {
  const [big, , , , small] = TENANTS;
  const list = (query: string) => `/v1/admin/dlq?limit=50&${query}`;
  const middle = `from=${hours(SPAN_MS / 3_600_000 / 2)}&to=${hours(SPAN_MS / 3_600_000 / 2 - 1)}`;
  return [
    ["list: all tenants, open", list("status=open")],
    ["list: all tenants, any state", list("")],
    ["list: one tenant, open", list(`tenantId=${big}&status=open`)],
    ["list: one tenant, any state", list(`tenantId=${big}`)],
    ["list: one tenant, replaying (rare)", list(`tenantId=${small}&status=replaying`)],
    ["list: an hour of last week", list(`tenantId=${big}&status=open&${middle}`)],
    ["list: one reason", list(`tenantId=${big}&status=open&reasonCode=SCHEMA_INVALID`)],
    ["list: two reasons, all tenants", list("status=open&reasonCode=SCHEMA_INVALID&reasonCode=UNKNOWN_TYPE")],
    ["list: one type", list(`tenantId=${big}&status=open&type=type.3`)],
    ["list: a rare type, all tenants, any state", list(`type=${RARE.type}`)],
    ["list: one source", list(`tenantId=${big}&source=source-7`)],
    ["list: a rare source, all tenants", list(`source=${RARE.source}`)],
    ["list: type and source", list(`tenantId=${big}&status=open&type=type.3&source=source-7`)],
    ["list: frequent type and rare source: nothing", list(`tenantId=${big}&status=open&type=type.0&source=${RARE.source}`)],
    ["reasons: all tenants", "/v1/admin/dlq/reasons?limit=50"],
    ["reasons: one tenant", `/v1/admin/dlq/reasons?tenantId=${big}&limit=50`],
    ["reasons: discarded", `/v1/admin/dlq/reasons?tenantId=${big}&status=discarded&limit=50`],
    ["counts: all tenants", "/v1/admin/dlq/counts"],
    ["counts: one tenant", `/v1/admin/dlq/counts?tenantId=${small}`],
  ];
}

/** Searches in bodies read every letter that the other conditions leave: they are measured apart, a few times each. */
function searches(): [name: string, path: string][] {
  const q = `limit=50&status=open&q=${encodeURIComponent(RARE.text)}`;
  return [
    ["search: the last day of one tenant", `/v1/admin/dlq?tenantId=${TENANTS[0]}&from=${hours(24)}&${q}`],
    ["search: one small tenant", `/v1/admin/dlq?tenantId=${TENANTS[4]}&${q}`],
    ["search: the largest tenant", `/v1/admin/dlq?tenantId=${TENANTS[0]}&${q}`],
    ["search: everything", `/v1/admin/dlq?${q}`],
    ["search: a frequent text", `/v1/admin/dlq?tenantId=${TENANTS[0]}&limit=50&status=open&q=invoice`],
  ];
}

async function measure(system: System, [name, path]: [string, string], rounds: number): Promise<Measured> {
  const times: number[] = [];
  let found = 0;
  let status = 0;
  for (let round = 0; round < rounds; round++) {
    const startedAt = performance.now();
    const response = await fetch(`http://${system.host}:${system.port}${path}`, { headers: { "x-admin-token": system.adminToken } });
    const body = (await response.json()) as { items?: unknown[]; total?: number };
    times.push(performance.now() - startedAt);
    found = body.items?.length ?? body.total ?? 0;
    status = response.status;
  }
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(times.length * share))] as number;
  return { name, path, p50: at(0.5), p99: at(0.99), found, status };
}

async function bench({ letters, rounds, json }: Options): Promise<void> {
  process.env.ADMIN_REQUESTS_PER_MINUTE = "1000000";
  const system = await startSystem(say);
  const client = new MongoClient(system.mongodbAdminUri);
  try {
    const collection = client.db(DATABASE).collection("events_dlq");
    say(`${figure(letters)} dead letters, ${TENANTS.length} tenants`);
    const startedAt = performance.now();
    await insertLetters(collection, letters, (done) => say(`${figure(done)}`));
    const perLetterUs = ((performance.now() - startedAt) * 1000) / letters;
    const { indexSizes, storageSize } = await client.db(DATABASE).command({ collStats: "events_dlq" });
    // The first look after a silence is the one that counts everything.
    const first = await measure(system, ["reasons: the first look", "/v1/admin/dlq/reasons?limit=50"], 1);
    await sleep(1_000);
    const measured: Measured[] = [];
    for (const query of queries()) measured.push(await measure(system, query, rounds));
    for (const search of searches()) measured.push(await measure(system, search, Math.max(2, Math.round(rounds / 40))));
    const rows = [first, ...measured].map(({ name, p50, p99, found, status }) => [
      name,
      figure(p50, 1),
      figure(p99, 1),
      String(status),
      figure(found),
    ]);
    console.log(`\n${table([["query, over HTTP", "p50 ms", "p99 ms", "status", "found"], ...rows])}`);
    console.log(`\nwritten in ${figure(perLetterUs, 1)} µs a letter, on disk ${figure(storageSize / 2 ** 20)} MB, indexes in MB:`);
    console.log(
      Object.entries(indexSizes as Record<string, number>)
        .map(([name, bytes]) => `${name} ${figure(bytes / 2 ** 20)}`)
        .join(", "),
    );
    const report = {
      at: new Date().toISOString(),
      commit: commit(),
      letters,
      rounds,
      perLetterUs,
      storageSize,
      indexSizes,
      first,
      measured,
    };
    console.log(`\nReport: ${writeReport(`dlq-${report.commit}`, report, json)}`);
  } finally {
    await client.close();
    say("stopping");
    await system.stop();
  }
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("A whole number from 1 is needed.");
  return value;
}

await new Command("bench:dlq")
  .description("Measures, over HTTP and on servers of its own, what the dead-letter pages ask for when there are a million letters.")
  .addOption(new Option("--letters <n>", "how many dead letters").argParser(wholeNumber).default(1_000_000))
  .addOption(new Option("--rounds <n>", "how often each query is asked").argParser(wholeNumber).default(200))
  .option("--json <file>", "where the report goes (default: reports/dlq-<commit>-<time>.json)")
  .action(bench)
  .parseAsync();
