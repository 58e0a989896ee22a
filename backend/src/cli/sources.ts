import { counted, type SourceView, type Stats } from "@streamforge/shared";
import type { Command } from "commander";
import type { LedgerCommandsDeps } from "./ledger.js";
import { table } from "./table.js";

/** `sf sources`. */
export function addSourceCommands(program: Command, { call, show }: LedgerCommandsDeps): void {
  program
    .command("sources")
    .description("what is read from Kafka, by which process, and how far behind. Ends with 1 when a source does not read")
    .action(async () => {
      const { sources, warnings } = await call<Stats>("GET", "/v1/stats");
      const about = warnings.filter(({ code }) => /kafka|source/.test(code));
      show({ sources, warnings: about }, [describe(sources), ...about.map(({ message, action }) => `${message} ${action}`)].join("\n"));
      if (sources.some(({ ready }) => !ready) || about.some(({ code }) => code === "no-kafka-source")) process.exitCode = 1;
    });
}

function describe(sources: SourceView[]): string {
  if (sources.length === 0) return "No Kafka source is running. Set KAFKA_BROKERS and KAFKA_TOPICS, then start one.";
  const rows = sources.flatMap((source) => rowsOf(source));
  return table(["SOURCE", "TOPIC", "TENANT", "PARTITIONS", "LAG", "OLDEST", "STATE"], rows);
}

function rowsOf({ name, topics, ready, alive, messagesPerSecond }: SourceView): string[][] {
  const state = ready ? `${messagesPerSecond} messages/s` : alive ? "not reading" : "silent";
  if (topics.length === 0) return [[name, "-", "-", "0", "-", "-", state]];
  return topics.map(({ topic, tenantId, partitions, lagMessages, lagSeconds, paused, pausedFor }) => [
    name,
    topic,
    tenantId,
    String(partitions),
    String(lagMessages),
    lagSeconds === 0 ? "-" : `${lagSeconds} s`,
    pausedFor === null ? state : `${counted(paused, "partition")} paused: ${pausedFor}`,
  ]);
}

/** One line for `sf status`; none while nothing is read from Kafka. */
export function sourcesLine(sources: SourceView[]): string[] {
  if (sources.length === 0) return [];
  const lag = sources.flatMap(({ topics }) => topics).reduce((sum, { lagMessages }) => sum + lagMessages, 0);
  const reading = sources.filter(({ ready }) => ready).length;
  return [`${counted(reading, "Kafka source")} of ${sources.length} read; ${counted(lag, "message")} wait in Kafka.`];
}
