import { setTimeout as sleep } from "node:timers/promises";
import type { ProblemCode } from "@streamforge/shared";
import type { Admission, Sender } from "../../admission/admission.js";
import { type Ingest, outcomeOf } from "../../ingest/ingest.js";
import { conflictItem } from "../../ingest/unrefusable.js";
import { beginGroup, type GroupTrace } from "../../telemetry/group-trace.js";
import type { Span, Traces } from "../../telemetry/traces.js";
import type { Lane, Pause } from "./lane.js";
import type { KafkaMessage, Received } from "./message.js";

/** What became of a message: appended; there before; appended to become a dead letter, since another event has its identity, or it is none. */
export type Result = Received["as"] | "duplicate";

export interface IntakeDeps {
  read: (message: KafkaMessage, group?: Span) => Received;
  ingest: Pick<Ingest, "append">;
  admission: Pick<Admission, "refusal" | "takeEvents">;
  count: (topic: string, result: Result, messages: number) => void;
  traces: Traces;
}

const REFUSED_PAUSE_MS = 250;
const MOST_RATE_PAUSE_MS = 1_000;
const AGAIN_PAUSE_MS = 100;

/**
 * Takes messages in until each is durable, or the partition is ours no longer: anyone who sent them cannot be refused. What HTTP would answer
 * with "not now" pauses the partition; what it would answer with "never" is appended, too, and becomes a dead letter.
 * @returns the function that resolves with false when the lane was stopped first
 */
export function createIntake({ read, ingest, admission, count, traces }: IntakeDeps) {
  const admitted = async (senders: Map<Sender, number>, lane: Lane): Promise<void> => {
    for (let code = admission.refusal(); code && !lane.stopped(); code = admission.refusal()) await pause(lane, code, REFUSED_PAUSE_MS);
    for (const [sender, events] of senders) {
      for (let quota = await admission.takeEvents(sender, events); quota && !quota.allowed; ) {
        if (lane.stopped()) return;
        await pause(lane, "rate-limited", Math.min(MOST_RATE_PAUSE_MS, quota.waitMs));
        quota = await admission.takeEvents(sender, events);
      }
    }
  };

  /** Until all are durable; false when the lane was stopped first. */
  const takeIn = async (received: Received[], lane: Lane, results: Record<Result, number>): Promise<boolean> => {
    const senders = new Map<Sender, number>();
    for (const { sender } of received) senders.set(sender, (senders.get(sender) ?? 0) + 1);
    await admitted(senders, lane);
    let open = received;
    while (open.length > 0) {
      if (lane.stopped()) return false;
      await ingest.append(open.map(({ item }) => item));
      const again = open.flatMap((one) => settle(one, results) ?? []);
      const waits = again.find(({ waits }) => waits)?.waits;
      if (waits) await pause(lane, waits, AGAIN_PAUSE_MS);
      open = again;
    }
    return true;
  };

  return async function take(messages: KafkaMessage[], lane: Lane): Promise<boolean> {
    // Its own trace, when the sampler says so, for messages that bring none.
    const span = traces.begin("receive messages", { kind: "consumer" });
    const received = messages.map((message) => read(message, span));
    const contexts = received.map(({ item }) => item.context);
    const group = beginGroup(traces, contexts, { name: "receive messages", part: "append events", kind: "consumer", span });
    const results: Record<Result, number> = { accepted: 0, duplicate: 0, conflict: 0, invalid: 0 };
    try {
      if (!(await takeIn(received, lane, results))) return false;
    } finally {
      if (group) endGroup(group, lane, messages.length, results);
    }
    lane.paused = undefined;
    for (const [result, n] of Object.entries(results)) if (n > 0) count(lane.topic, result as Result, n);
    return true;
  };
}

function endGroup(group: GroupTrace, { topic, partition }: Lane, messages: number, results: Record<Result, number>): void {
  group.span.set({
    "messaging.system": "kafka",
    "messaging.operation.name": "receive",
    "messaging.operation.type": "receive",
    "messaging.destination.name": topic,
    "messaging.destination.partition.id": String(partition),
    "messaging.batch.message_count": messages,
    ...Object.fromEntries(Object.entries(results).map(([name, n]) => [`streamforge.events.${name}`, n])),
  });
  group.end();
}

/** Counts what is durable. @returns what must be appended still */
function settle(one: Received, results: Record<Result, number>): (Received & { waits?: ProblemCode }) | undefined {
  const { item, name, as } = one;
  const outcome = outcomeOf(item);
  switch (outcome.status) {
    case "accepted":
      results[as]++;
      return undefined;
    case "duplicate":
      results.duplicate++;
      return undefined;
    case "conflict":
      return { ...one, as: "conflict", item: conflictItem(item, name, outcome.id) };
    case "retry":
      return { ...one, item: { ...item, outcome: undefined, twin: undefined, verdict: undefined }, waits: outcome.code };
    case "rejected":
      throw new Error(`an item that was rejected (${outcome.code}) reached the appender`);
  }
}

/** Says why the partition waits; that is over when its next messages are taken. */
async function pause(lane: Lane, why: Pause, ms: number): Promise<void> {
  lane.paused = why;
  await sleep(ms, undefined, { signal: lane.signal }).catch(() => {});
}
