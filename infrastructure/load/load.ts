import { setTimeout as sleep } from "node:timers/promises";
import { Command, InvalidArgumentError, Option } from "commander";
import type { LatencySummary } from "./histogram.js";
import { judgeAll, lookForSample, type Outcome, storedSoFar } from "./outcome.js";
import { commit, figure, table, writeReport } from "./report.js";
import { type Run, startRun } from "./run.js";
import { createSender, type LoadFormat } from "./sender.js";
import { checkTarget, resolveTarget, type Target } from "./target.js";

interface Options {
  url?: string;
  key?: string;
  allowRemote?: boolean;
  rate?: number;
  connections: number;
  batch: number;
  format: LoadFormat;
  duration: number;
  timeout: number;
  judge?: boolean;
  mongodb?: string;
  redis?: string;
  tenant: string;
  database: string;
  keyPrefix: string;
  json?: string;
}

interface LoadReport {
  at: string;
  commit: string;
  url: string;
  options: Pick<Options, "rate" | "connections" | "batch" | "format" | "duration">;
  seconds: number;
  requests: number;
  events: number;
  acknowledged: number;
  acceptedPerSecond: number;
  storedPerSecond: number | undefined;
  latencyMs: LatencySummary;
  statuses: Record<string, number>;
  outcome: Outcome;
}

function positive(text: string): number {
  const value = Number(text.replaceAll(/[_,]/g, ""));
  if (!(value > 0) || !Number.isFinite(value)) throw new InvalidArgumentError("A number above 0 is needed.");
  return value;
}

const whole = (text: string): number => Math.max(1, Math.round(positive(text)));

/** One line that is written over each second on a terminal, and one line a second elsewhere. */
async function showProgress(run: Run, target: Target, seconds: number, done: () => boolean): Promise<void> {
  let before = { acknowledged: 0, stored: await storedSoFar(target) };
  for (let second = 1; !done(); second++) {
    await sleep(1000);
    const { acknowledged, statuses, waiting } = run.counts;
    const stored = await storedSoFar(target);
    const storedNow = stored === undefined || before.stored === undefined ? undefined : stored - before.stored;
    const { p50, p99 } = run.latency();
    const others = Object.entries(statuses).filter(([status]) => status !== "202");
    const line =
      `${String(second).padStart(4)}/${seconds} s  accepted ${figure(acknowledged - before.acknowledged)}/s  stored ${storedNow === undefined ? "unknown" : `${figure(storedNow)}/s`}  ` +
      `p50 ${figure(p50, 1)} ms  p99 ${figure(p99, 1)} ms${waiting > 0 ? `  waiting ${waiting}` : ""}` +
      others.map(([status, count]) => `  ${status}: ${count}`).join("");
    process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${line}` : `${line}\n`);
    before = { acknowledged, stored };
  }
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
}

function describe(report: LoadReport): string {
  const { latencyMs: latency, outcome } = report;
  const unit = report.options.format === "single" ? "request" : `request of ${report.options.batch}`;
  return table([
    ["", "result"],
    ["events acknowledged", figure(report.acknowledged)],
    ["accepted/s", figure(report.acceptedPerSecond)],
    ["stored/s", figure(report.storedPerSecond)],
    [`p50 ms per ${unit}`, figure(latency.p50, 2)],
    ["p90 ms", figure(latency.p90, 2)],
    ["p99 ms", figure(latency.p99, 2)],
    ["p99.9 ms", figure(latency.p999, 2)],
    ["max ms", figure(latency.max, 2)],
    ...Object.entries(report.statuses).map(([status, count]) => [`answers ${status}`, figure(count)]),
    ["lost", figure(outcome.lost)],
    ...(outcome.twice === undefined ? [] : [["twice", figure(outcome.twice)]]),
  ]);
}

async function load(options: Options): Promise<void> {
  const target = resolveTarget(options);
  await checkTarget(target);
  const { connections, batch: asked, format, duration, rate } = options;
  const { MONGODB_URI, REDIS_URL } = options.judge ? process.env : {};
  const { mongodb = MONGODB_URI, redis = REDIS_URL } = options;
  if (options.judge && !mongodb) throw new Error("--judge needs MONGODB_URI and REDIS_URL, or npm start running in this folder.");
  const batch = format === "single" ? 1 : asked;
  if ((mongodb === undefined) !== (redis === undefined)) throw new Error("--mongodb and --redis go together: the judge reads both.");
  const keepJournal = mongodb === undefined ? undefined : { tenantId: options.tenant };
  const sender = createSender({ target, format, batch, connections, timeoutMs: options.timeout * 1000, keepJournal });
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());

  process.stderr.write(
    `${target.url}: ${format}${batch > 1 ? ` of ${batch}` : ""}, ${connections} connections, ${rate ? `${figure(rate)} events/s` : "as fast as it goes"}, ${duration} s\n`,
  );
  const storedBefore = await storedSoFar(target);
  const run = startRun({ sender, connections, batch, seconds: duration, eventsPerSecond: rate, signal: stop.signal });
  let done = false;
  const progress = showProgress(run, target, duration, () => done);
  const { seconds } = await run.finished;
  const storedAfter = await storedSoFar(target);
  done = true;
  await progress;

  const outcome =
    mongodb !== undefined && redis !== undefined
      ? await judgeAll(sender, { mongodb, redis, database: options.database, keyPrefix: options.keyPrefix })
      : await lookForSample(target, sender.sample());
  await sender.close();
  const report: LoadReport = {
    at: new Date().toISOString(),
    commit: commit(),
    url: target.url,
    options: { rate, connections, batch, format, duration },
    seconds,
    requests: run.counts.requests,
    events: run.counts.events,
    acknowledged: run.counts.acknowledged,
    acceptedPerSecond: run.counts.acknowledged / seconds,
    storedPerSecond: storedBefore === undefined || storedAfter === undefined ? undefined : (storedAfter - storedBefore) / seconds,
    latencyMs: run.latency(),
    statuses: run.counts.statuses,
    outcome,
  };
  console.log(
    `\n${describe(report)}\n\nHow that was found out: ${outcome.how}.\nReport: ${writeReport(`load-${format}`, report, options.json)}`,
  );
  if (report.acknowledged === 0 || (outcome.lost ?? 0) > 0 || (outcome.twice ?? 0) > 0) process.exitCode = 1;
}

function command(name: string, about: string, format: LoadFormat, batch: number): Command {
  return new Command(name)
    .description(about)
    .addOption(new Option("--rate <n>", "events a second; unset: as fast as it goes").argParser(positive))
    .addOption(new Option("--duration <seconds>", "how long").argParser(positive).default(10))
    .addOption(
      new Option("--connections <n>", "connections, each with one request under way")
        .argParser(whole)
        .default(format === "single" ? 64 : 4),
    )
    .addOption(new Option("--batch <n>", "events in a request (not for single)").argParser(whole).default(batch))
    .addOption(new Option("--format <format>", "how events are sent").choices(["single", "array", "ndjson", "stream"]).default(format))
    .option("--url <url>", "where to (default: what npm start runs here, else http://127.0.0.1:3001)")
    .option("--key <key>", "API key (default: the demo key of npm start, or STREAMFORGE_KEY)")
    .option("--allow-remote", "permit a target that is another machine")
    .addOption(new Option("--timeout <seconds>", "longest wait for an answer").argParser(positive).default(30))
    .option("--judge", "judge every event, by the stores of what npm start runs here (MONGODB_URI and REDIS_URL)")
    .option(
      "--mongodb <uri>",
      "judge every event against this MongoDB instead of looking up a sample; needs --redis and some 600 bytes of memory an event",
    )
    .option("--redis <url>", "Redis of the same installation, for the judge")
    .option("--tenant <id>", "tenant of the key, for the judge", "tenant-demo")
    .option("--database <name>", "MongoDB database, for the judge", "streamforge")
    .option("--key-prefix <prefix>", "prefix of the Redis keys, for the judge", "sf")
    .option("--json <file>", "where the report goes (default: reports/load-<format>-<time>.json)")
    .action((options: Options) => load(options));
}

const program = new Command("load")
  .description("Sends load to StreamForge and says what came of it: rates, latencies, answers, and whether anything was lost.")
  .addCommand(command("events", "POST /v1/events: single events, arrays or NDJSON", "single", 100))
  .addCommand(command("stream", "POST /v1/ingest/stream: NDJSON bodies whose length is not announced", "stream", 5_000))
  .addHelpText(
    "after",
    "\nExamples:\n  npm run load:events -- --rate 2000 --duration 30\n  npm run load:events -- --format array --batch 100 --connections 8\n  npm run load:stream -- --batch 20000\n\nWith --rate, latency counts from the moment a request was due (coordinated omission).",
  );

try {
  await program.parseAsync();
} catch (error) {
  console.error(`load: ${(error as Error).message}`);
  process.exitCode = 1;
}
