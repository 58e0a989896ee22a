import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Command, InvalidArgumentError } from "commander";
import { createPhases, type Phases, type SendPhase } from "./phases.js";
import { type System, startSystem } from "./system.js";

/**
 * What traces cost: systems that differ in nothing but their settings (or their checkout), each with servers of its own, loaded at the same
 * time. The machine's speed changes from second to second, and this falls on all of them alike: a round's figures are compared with each
 * other alone.
 */

interface Options {
  before?: string;
  rounds: number;
  events: number;
}

interface Variant {
  name: string;
  system: System;
  phases: Phases;
  runs: Record<Kind, SendPhase[]>;
}

const KINDS = {
  single: { format: "single", batch: 1, connections: 32 },
  ndjson: { format: "ndjson", batch: 500, connections: 4 },
} as const;
type Kind = keyof typeof KINDS;
/** An event of a batch costs a fifth of a single one: more of them take as long. */
const NDJSON_FACTOR = 5;

const say = (line: string): void => void process.stderr.write(`  ${line}\n`);

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("A whole number from 1 is needed.");
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

function settingsOf(url: string, ratio: string): Record<string, string> {
  return { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_TRACES_SAMPLER: "parentbased_traceidratio", OTEL_TRACES_SAMPLER_ARG: ratio };
}

async function run({ before, rounds, events }: Options): Promise<void> {
  const collector = await startCollector();
  const wanted: [string, Parameters<typeof startSystem>[1]][] = [
    ...(before ? [["before", { root: before }] as [string, { root: string }]] : []),
    ["off", {}],
    ["1 %", { more: settingsOf(collector.url, "0.01") }],
    ["all", { more: settingsOf(collector.url, "1") }],
  ];
  const variants: Variant[] = [];
  try {
    for (const [name, options] of wanted) {
      say(`starting: ${name}`);
      const system = await startSystem(() => {}, options);
      variants.push({ name, system, phases: await createPhases(system), runs: { single: [], ndjson: [] } });
    }
    for (let round = 0; round <= rounds; round++) {
      say(round === 0 ? "warming up" : `round ${round} of ${rounds}`);
      for (const kind of Object.keys(KINDS) as Kind[]) {
        const order = { ...KINDS[kind], events: kind === "ndjson" ? events * NDJSON_FACTOR : events };
        const sent = await Promise.all(variants.map(({ phases }) => phases.send(kind, order)));
        for (const [i, phase] of sent.entries()) {
          const variant = variants[i] as Variant;
          if (!phase.exact) throw new Error(`${variant.name}: ${phase.stored} of ${phase.events} events are stored`);
          if (round > 0) variant.runs[kind].push(phase);
        }
      }
    }
    report(variants);
  } finally {
    for (const { phases, system } of variants) {
      await phases.close();
      await system.stop();
    }
    collector.close();
  }
}

/** The median of each variant's CPU, and of its ratio to the first one's in the same round, with its quartiles. */
function report(variants: Variant[]): void {
  const [first] = variants as [Variant];
  for (const kind of Object.keys(KINDS) as Kind[]) {
    for (const who of ["api", "worker"] as const) {
      console.log(`${kind}, ${who}: µs of CPU an event (median), ratio to "${first.name}" (median, quartiles)`);
      const cpuOf = (variant: Variant): number[] => variant.runs[kind].map(({ cpu }) => cpu[who] ?? Number.NaN);
      for (const variant of variants) {
        const ratios = cpuOf(variant).map((cpu, round) => cpu / (cpuOf(first)[round] as number));
        const [low, middle, high] = [0.25, 0.5, 0.75].map((q) => quantile(ratios, q).toFixed(3));
        console.log(`  ${variant.name.padEnd(8)} ${quantile(cpuOf(variant), 0.5).toFixed(1).padStart(6)}   ${middle} (${low} to ${high})`);
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
  .description("Measures what traces cost, side by side: off, at 1 %, all of them")
  .option("--before <folder>", "a built checkout that has no traces, to compare with")
  .option("--rounds <n>", "rounds", wholeNumber, 8)
  .option("--events <n>", "single events a round and variant", wholeNumber, 4_000)
  .action(run)
  .parseAsync();
