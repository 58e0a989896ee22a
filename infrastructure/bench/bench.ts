import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { Command, InvalidArgumentError, Option } from "commander";
import { commit, writeReport } from "../load/report.js";
import { createPhases, type Phases } from "./phases.js";
import { type BenchReport, compareBenches, describeBench } from "./report.js";
import { startSystem } from "./system.js";

const PARTS = ["idle", "ndjson", "floor", "batch", "single", "latency", "sizes", "upload"] as const;
type Part = (typeof PARTS)[number];

interface Options {
  events: number;
  only?: Part[];
  json?: string;
  seconds: number;
  mebibytes: number;
}

const CONNECTIONS = { single: 128, batch: 16, ndjson: 8 };
/** A single POST costs three times an event of a batch: fewer of them take as long. */
const SINGLE_SHARE = 0.4;

const say = (line: string): void => void process.stderr.write(`  ${line}\n`);

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("A whole number from 1 is needed.");
  return value;
}

function parts(text: string): Part[] {
  const named = text.split(",") as Part[];
  const unknown = named.find((name) => !PARTS.includes(name));
  if (unknown !== undefined) throw new InvalidArgumentError(`There is no part ${unknown}; there are ${PARTS.join(", ")}.`);
  return named;
}

/** Code runs cold the first time: every way is used once before it is measured. */
async function warmUp(phases: Phases): Promise<void> {
  say("warming up");
  await phases.send("warm-up", { format: "ndjson", batch: 500, events: 20_000, connections: 4 });
  await phases.send("warm-up", { format: "array", batch: 100, events: 10_000, connections: 8 });
  await phases.send("warm-up", { format: "single", batch: 1, events: 10_000, connections: CONNECTIONS.single });
}

async function measure(phases: Phases, report: BenchReport, { events, only, seconds, mebibytes }: Options): Promise<void> {
  // A gigabyte takes a minute of its own: it is measured when it is asked for.
  const wanted = (part: Part): boolean => only?.includes(part) ?? part !== "upload";
  const singles = Math.round(events * SINGLE_SHARE);
  if (wanted("idle")) report.idle = await phases.idle();
  await warmUp(phases);
  if (wanted("ndjson") || wanted("floor")) {
    say(`NDJSON of 500, ${events} events`);
    report.ndjson = await phases.send("NDJSON 500", { format: "ndjson", batch: 500, events, connections: CONNECTIONS.ndjson });
  }
  if (wanted("floor")) {
    say("the floor: the same documents by insertMany alone, in one loop, then in two");
    report.floor = await phases.floor(1);
    report.floorAbreast = await phases.floor(2);
  }
  if (wanted("batch")) {
    say(`arrays of 100, ${events} events`);
    report.batch = await phases.send("arrays of 100", { format: "array", batch: 100, events, connections: CONNECTIONS.batch });
  }
  if (wanted("single") || wanted("latency")) {
    say(`single POSTs, ${singles} events`);
    report.single = await phases.send("single", { format: "single", batch: 1, events: singles, connections: CONNECTIONS.single });
  }
  if (wanted("latency") && report.single) {
    const rate = Math.round(report.single.eventsPerSecond / 5);
    say(`single POSTs at a fifth of the maximum: ${rate}/s for ${seconds} s`);
    const stopProbe = await phases.probe();
    const order = { format: "single", batch: 1, events: rate * seconds, connections: CONNECTIONS.single, requestsPerSecond: rate } as const;
    const sent = await phases.send("a fifth", order);
    report.latency = { ...sent, ...(await stopProbe()), eventsPerSecondAimedAt: rate };
  }
  if (wanted("sizes")) {
    say("sizes: the worker stopped, events queued");
    report.sizes = await phases.sizes(Math.min(events, 50_000));
  }
  if (wanted("upload")) {
    say(`one NDJSON body of ${mebibytes} MiB`);
    report.upload = await phases.upload(mebibytes);
  }
}

async function bench(options: Options): Promise<void> {
  const [cpu] = cpus();
  const machine = { cpus: cpus().length, model: cpu?.model ?? "unknown", node: process.versions.node, platform: process.platform };
  const report: BenchReport = { at: new Date().toISOString(), commit: commit(), machine };
  const system = await startSystem(say);
  try {
    const phases = await createPhases(system);
    await measure(phases, report, options).finally(() => phases.close());
  } finally {
    say("stopping");
    await system.stop();
  }
  console.log(`\n${describeBench(report)}`);
  console.log(`\nReport: ${writeReport(`bench-${report.commit}`, report, options.json)}`);
  const sends = [report.ndjson, report.batch, report.single, report.latency];
  if (sends.some((phase) => phase !== undefined && !phase.exact)) process.exitCode = 1;
}

const read = (file: string): BenchReport => JSON.parse(readFileSync(file, "utf8")) as BenchReport;

const program = new Command("bench")
  .description(
    "Measures what an event costs, from the first request until everything is settled, on servers of its own\n" +
      "(appendfsync always, w: majority, keys and limits on), beside what the same MongoDB takes from a bare insertMany loop.",
  )
  .addOption(
    new Option("--events <n>", "events by NDJSON and by arrays; single POSTs take 40 % of it").argParser(wholeNumber).default(200_000),
  )
  .addOption(
    new Option(
      "--only <parts>",
      `comma-separated: ${PARTS.join(", ")} (latency measures single first, floor ndjson; upload only when named)`,
    ).argParser(parts),
  )
  .addOption(new Option("--seconds <n>", "length of the latency part").argParser(wholeNumber).default(10))
  .addOption(new Option("--mebibytes <n>", "size of the upload").argParser(wholeNumber).default(1_000))
  .option("--json <file>", "where the report goes (default: reports/bench-<commit>-<time>.json)")
  .option("--compare", "compare two reports instead: bench --compare a.json b.json")
  .argument("[reports...]", "two reports, with --compare")
  .addHelpText(
    "after",
    "\nExamples:\n  npm run bench\n  npm run bench -- --only single,latency --events 100000\n  npm run bench -- --compare reports/a.json reports/b.json",
  )
  .action(async (reports: string[], options: Options & { compare?: boolean }) => {
    if (!options.compare) return bench(options);
    const [a, b] = reports;
    if (a === undefined || b === undefined) throw new InvalidArgumentError("--compare needs two reports.");
    console.log(compareBenches(read(a), read(b)));
  });

try {
  await program.parseAsync();
} catch (error) {
  console.error(`bench: ${(error as Error).message}`);
  process.exitCode = 1;
}
