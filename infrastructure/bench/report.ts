import { figure, mebibytes, table } from "../load/report.js";
import type { FloorPhase, IdlePhase, SendPhase, SizePhase } from "./phases.js";
import type { VisiblePhase } from "./readings.js";
import type { UploadPhase } from "./upload.js";

/** Everything one run measured; what was left out by `--only` is absent. */
export interface BenchReport {
  at: string;
  commit: string;
  machine: { cpus: number; model: string; node: string; platform: string };
  idle?: IdlePhase;
  single?: SendPhase;
  batch?: SendPhase;
  ndjson?: SendPhase;
  /** One bare loop of insertMany. */
  floor?: FloorPhase;
  /** Two loops side by side, as many bulks as the worker keeps in flight: what this MongoDB takes at the most here. */
  floorAbreast?: FloorPhase;
  /** Single POSTs at a fifth of the rate that `single` reached. */
  latency?: SendPhase & VisiblePhase & { eventsPerSecondAimedAt: number };
  sizes?: SizePhase;
  upload?: UploadPhase;
}

const PROCESSES = ["generator", "api", "redis", "worker", "mongod", "total"] as const;
const times100 = (share: number | undefined) => (share === undefined ? undefined : share * 100);
const ms = (value: number) => figure(value, 1);

/** The run as tables for people. */
export function describeBench(report: BenchReport): string {
  const { machine, idle, floor, floorAbreast, sizes } = report;
  const sends = [report.ndjson, report.batch, report.single, report.latency].filter((phase) => phase !== undefined);
  const parts = [`StreamForge bench · commit ${report.commit} · ${machine.cpus} × ${machine.model} · Node ${machine.node}`];
  if (sends.length > 0) parts.push(sendTable(sends, floor, floorAbreast));
  if (floor) {
    parts.push(
      `Floor (a bare insertMany loop, same documents and indexes): ${figure(floor.eventsPerSecond)} events/s; µs per event: writer ${figure(floor.cpu.writer, 1)}, mongod ${figure(floor.cpu.mongod, 1)}${floorAbreast ? `\nTwo such loops side by side: ${figure(floorAbreast.eventsPerSecond)} events/s` : ""}`,
    );
  }
  if (report.latency) {
    const seen = report.latency.acceptToVisibleMs;
    parts.push(
      `At ${figure(report.latency.eventsPerSecondAimedAt)} single POSTs/s: acknowledged until a majority read finds it p50 ${ms(seen.p50)} ms, p99 ${ms(seen.p99)} ms (${seen.count} probes)`,
    );
  }
  if (sizes) {
    parts.push(
      `Bytes per event: Redis ${figure(sizes.redisQueued)} while queued, ${figure(sizes.redisSettled)} after (identity, until its time is over); MongoDB ${figure(sizes.mongoData)} of documents before compression, ${figure(sizes.mongoIndexes)} of indexes on disk`,
    );
  }
  if (report.upload) {
    const { bytes, events, accepted, seconds, apiGrowth } = report.upload;
    parts.push(
      `One NDJSON body of ${mebibytes(bytes)}: ${figure(accepted)} of ${figure(events)} events accepted in ${figure(seconds, 1)} s; the api grew by ${mebibytes(apiGrowth)}`,
    );
  }
  if (idle) parts.push(`Idle: api ${mebibytes(idle.rss.api)}, worker ${mebibytes(idle.rss.worker)}`);
  parts.push(goalTable(report));
  return parts.join("\n\n");
}

function shareOf(phase: SendPhase, floor: FloorPhase | undefined): string {
  return floor ? `${figure((100 * phase.eventsPerSecond) / floor.eventsPerSecond)} %` : "unknown";
}

function sendTable(sends: SendPhase[], floor: FloorPhase | undefined, abreast: FloorPhase | undefined): string {
  const row = (name: string, cell: (phase: SendPhase) => string): string[] => [name, ...sends.map(cell)];
  return table([
    row("", (phase) => phase.name),
    row("events", (phase) => figure(phase.events)),
    row("events/s, until settled", (phase) => figure(phase.eventsPerSecond)),
    row("share of the floor", (phase) => shareOf(phase, floor)),
    row("share of two loops", (phase) => shareOf(phase, abreast)),
    ...PROCESSES.map((name) => row(`CPU µs/event ${name}`, (phase) => figure(phase.cpu[name], 1))),
    row("machine busy for others", (phase) => `${figure(times100(phase.othersShare))} %`),
    row("accept p50 ms", (phase) => ms(phase.acceptMs.p50)),
    row("accept p99 ms", (phase) => ms(phase.acceptMs.p99)),
    row("accept to stored p50 ms", (phase) => ms(phase.storeMs.p50)),
    row("accept to stored p99 ms", (phase) => ms(phase.storeMs.p99)),
    row("peak memory api", (phase) => mebibytes(phase.peakRss.api)),
    row("peak memory worker", (phase) => mebibytes(phase.peakRss.worker)),
    row("documents with their text", (phase) => `${figure((100 * phase.withText) / Math.max(1, phase.stored))} %`),
    row("answers", (phase) =>
      Object.entries(phase.statuses)
        .map(([status, count]) => `${status}: ${count}`)
        .join(" "),
    ),
    row("exactly what was sent", (phase) => (phase.exact ? "yes" : `NO (${phase.stored})`)),
  ]);
}

interface Goal {
  what: string;
  limit: string;
  value: number | undefined;
  shown: string;
  met: (value: number) => boolean;
}

/** The figures that the project set itself, each with whether this run reached it. */
export function goals(report: BenchReport): Goal[] {
  const { ndjson, batch, single, latency, idle, floor } = report;
  const most = (what: string, value: number | undefined, limit: number, unit: string, decimals = 0): Goal => ({
    what,
    limit: `≤ ${limit} ${unit}`,
    value,
    shown: `${figure(value, decimals)} ${unit}`,
    met: (reached) => reached <= limit,
  });
  const share = ndjson && floor ? (100 * ndjson.eventsPerSecond) / floor.eventsPerSecond : undefined;
  const mb = (bytes: number | undefined) => (bytes === undefined ? undefined : bytes / 2 ** 20);
  const peak = (of: "api" | "worker") => {
    const peaks = [ndjson, batch, single].map((phase) => mb(phase?.peakRss[of])).filter((value) => value !== undefined);
    return peaks.length > 0 ? Math.max(...peaks) : undefined;
  };
  const idleSum = idle?.rss.api !== undefined && idle.rss.worker !== undefined ? mb(idle.rss.api + idle.rss.worker) : undefined;
  const all = [
    most("NDJSON 500: CPU per event", ndjson?.cpu.total, 64, "µs", 1),
    {
      what: "NDJSON 500: share of the floor",
      limit: "≥ 65 %",
      value: share,
      shown: `${figure(share)} %`,
      met: (reached: number) => reached >= 65,
    },
    most("Arrays of 100: CPU per event", batch?.cpu.total, 68, "µs", 1),
    most("Single POSTs: CPU per event", single?.cpu.total, 165, "µs", 1),
    most("A fifth of the maximum: accept p50", latency?.acceptMs.p50, 3, "ms", 1),
    most("A fifth of the maximum: accept p99", latency?.acceptMs.p99, 15, "ms", 1),
    most("A fifth of the maximum: accept to stored p99", latency?.storeMs.p99, 150, "ms", 1),
    most("1 GiB of NDJSON in one body: api grows by", mb(report.upload?.apiGrowth), 100, "MB"),
    most("Idle: api + worker", idleSum, 200, "MB"),
    most("Under load: api", peak("api"), 400, "MB"),
    most("Under load: worker", peak("worker"), 400, "MB"),
  ];
  return all.filter((goal) => goal.value !== undefined);
}

function goalTable(report: BenchReport): string {
  const rows = goals(report).map((goal) => [goal.what, goal.limit, goal.shown, goal.met(goal.value as number) ? "reached" : "MISSED"]);
  return table([["figure to reach", "limit", "this run", ""], ...rows]);
}

/** Two runs side by side, with the change in percent. */
export function compareBenches(a: BenchReport, b: BenchReport): string {
  const rows: string[][] = [];
  const add = (name: string, before: number | undefined, after: number | undefined, decimals = 1): void => {
    if (before === undefined || after === undefined) return;
    const change = before === 0 ? "" : `${after >= before ? "+" : ""}${figure((100 * (after - before)) / before, 1)} %`;
    rows.push([name, figure(before, decimals), figure(after, decimals), change]);
  };
  for (const name of ["ndjson", "batch", "single", "latency"] as const) {
    const [before, after] = [a[name], b[name]];
    add(`${name} events/s`, before?.eventsPerSecond, after?.eventsPerSecond, 0);
    for (const process of PROCESSES) add(`${name} CPU µs/event ${process}`, before?.cpu[process], after?.cpu[process]);
    add(`${name} accept p50 ms`, before?.acceptMs.p50, after?.acceptMs.p50);
    add(`${name} accept p99 ms`, before?.acceptMs.p99, after?.acceptMs.p99);
    add(`${name} accept to stored p99 ms`, before?.storeMs.p99, after?.storeMs.p99);
  }
  add("floor events/s", a.floor?.eventsPerSecond, b.floor?.eventsPerSecond, 0);
  add("Redis bytes/event queued", a.sizes?.redisQueued, b.sizes?.redisQueued, 0);
  add("MongoDB bytes/event", a.sizes?.mongoData, b.sizes?.mongoData, 0);
  return table([["", a.commit, b.commit, "change"], ...rows]);
}
