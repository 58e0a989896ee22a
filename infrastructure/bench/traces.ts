import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { createPhases, type Phases, type SendPhase } from "./phases.js";
import { type Share, shareOf } from "./profile-share.js";
import { type System, startSystem } from "./system.js";

/**
 * What traces cost, in two ways. Profiles: which share of the work of api and worker is theirs. In turns: what an event costs with and
 * without them, in systems that differ in nothing but their settings (or their checkout), each with servers of its own.
 */

interface Options {
  before?: string;
  rounds: number;
  events: number;
}

type SystemOptions = NonNullable<Parameters<typeof startSystem>[1]>;
interface Variant {
  name: string;
  options: SystemOptions;
}
interface Running extends Variant {
  system: System;
  phases: Phases;
  runs: Record<Kind, SendPhase[]>;
}

const KINDS = {
  single: { format: "single", batch: 1, connections: 32 },
  ndjson: { format: "ndjson", batch: 500, connections: 4 },
} as const;
type Kind = keyof typeof KINDS;
const KIND_NAMES = Object.keys(KINDS) as Kind[];
/** An event of a batch costs a fifth of a single one: more of them take as long. */
const NDJSON_FACTOR = 5;
/** What is there for traces alone: the SDK, and our own files. */
const OF_TRACES =
  /@opentelemetry|\/telemetry\/(open-telemetry|span-outbox|group-trace|trace-[a-z]+|traces)\.js$|\/(request-traces|batch-trace)\.js$/;

const say = (line: string): void => void process.stderr.write(`  ${line}\n`);

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError("A whole number is needed.");
  return value;
}

/** A collector that takes everything, in this process, whose CPU nobody counts. */
async function startCollector(): Promise<{ url: string; close(): void }> {
  const server = createServer((request, response) => {
    request.resume().once("end", () => response.writeHead(200, { "content-type": "application/x-protobuf" }).end());
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}

const traced = (url: string, ratio: string): Record<string, string> => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: url,
  OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
  OTEL_TRACES_SAMPLER_ARG: ratio,
});

async function run({ before, rounds, events }: Options): Promise<void> {
  const collector = await startCollector();
  const variants: Variant[] = [
    { name: "off", options: {} },
    { name: "1 %", options: { more: traced(collector.url, "0.01") } },
    { name: "all", options: { more: traced(collector.url, "1") } },
  ];
  try {
    for (const variant of variants) console.log(await profiled(variant, events));
    if (rounds > 0) await inTurns([...(before ? [{ name: "before", options: { root: before } }] : []), ...variants], rounds, events);
  } finally {
    collector.close();
  }
}

const orderOf = (kind: Kind, events: number) => ({ ...KINDS[kind], events: kind === "ndjson" ? events * NDJSON_FACTOR : events });

/** Loads one system under a profiler. @returns a line: which share is the traces', by process */
async function profiled({ name, options }: Variant, events: number): Promise<string> {
  say(`profiling: ${name}`);
  const folder = mkdtempSync(join(tmpdir(), "streamforge-profile-"));
  try {
    const profiler = { NODE_OPTIONS: `${process.env["NODE_OPTIONS"] ?? ""} --cpu-prof --cpu-prof-interval=500 --cpu-prof-dir=${folder}` };
    const system = await startSystem(() => {}, { ...options, more: { ...options.more, ...profiler } });
    try {
      const phases = await createPhases(system);
      for (const kind of KIND_NAMES) await phases.send(kind, orderOf(kind, events));
      await phases.close();
    } finally {
      await system.stop();
    }
    const told = ({ share, samples }: Share): string => `${(share * 100).toFixed(2)} % of ${samples} samples`;
    return `${name.padEnd(4)} api ${told(shareOf(folder, "api.js", OF_TRACES))}, worker ${told(shareOf(folder, "worker.js", OF_TRACES))}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function inTurns(variants: Variant[], rounds: number, events: number): Promise<void> {
  const running: Running[] = [];
  try {
    for (const variant of variants) {
      say(`starting: ${variant.name}`);
      const system = await startSystem(() => {}, variant.options);
      running.push({ ...variant, system, phases: await createPhases(system), runs: { single: [], ndjson: [] } });
    }
    for (let round = 0; round <= rounds; round++) {
      say(round === 0 ? "warming up" : `round ${round} of ${rounds}`);
      for (const kind of KIND_NAMES) {
        // Another one begins each time: what the one before left to do in the background falls on all of them alike.
        for (let i = 0; i < running.length; i++) {
          const { name, phases, runs } = running[(i + round) % running.length] as Running;
          const phase = await phases.send(kind, orderOf(kind, events));
          if (!phase.exact) throw new Error(`${name}: ${phase.stored} of ${phase.events} events are stored`);
          if (round > 0) runs[kind].push(phase);
        }
      }
    }
    report(running);
  } finally {
    for (const { phases, system } of running) {
      await phases.close();
      await system.stop();
    }
  }
}

/** The median of each variant's CPU, and of its ratio to the first one's in the same round, with its quartiles. */
function report(running: Running[]): void {
  const [first] = running as [Running];
  for (const kind of KIND_NAMES) {
    for (const who of ["api", "worker"] as const) {
      console.log(`${kind}, ${who}: µs of CPU an event (median), ratio to "${first.name}" (median, quartiles)`);
      const cpuOf = ({ runs }: Running): number[] => runs[kind].map(({ cpu }) => cpu[who] ?? Number.NaN);
      for (const one of running) {
        const ratios = cpuOf(one).map((cpu, round) => cpu / (cpuOf(first)[round] as number));
        const [low, middle, high] = [0.25, 0.5, 0.75].map((q) => quantile(ratios, q).toFixed(3));
        console.log(`  ${one.name.padEnd(8)} ${quantile(cpuOf(one), 0.5).toFixed(1).padStart(6)}   ${middle} (${low} to ${high})`);
      }
    }
  }
}

function quantile(values: number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const [low, high] = [sorted[Math.floor(at)] as number, sorted[Math.ceil(at)] as number];
  return low + (high - low) * (at - Math.floor(at));
}

await new Command("bench:traces")
  .description("Measures what traces cost: off, at 1 %, all of them")
  .option("--before <folder>", "a built checkout that has no traces, to compare with in turns")
  .option("--rounds <n>", "rounds in turns; 0 takes profiles alone", wholeNumber, 0)
  .option("--events <n>", "single events a round and variant", wholeNumber, 4_000)
  .action(run)
  .parseAsync();
