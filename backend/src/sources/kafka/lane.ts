import { setTimeout as sleep } from "node:timers/promises";
import type { ProblemCode } from "@streamforge/shared";
import { unlessOutage } from "../../lib/faults.js";
import type { KafkaMessage } from "./message.js";

export interface TopicPartition {
  topic: string;
  partition: number;
}

/** What one fetch brought of a partition. */
export interface Fetched {
  messages: KafkaMessage[];
  /** Behind the last message, also where the last ones are none of ours to read (markers, aborted transactions). */
  next: bigint;
  bytes: number;
}

/** Why a partition waits, as HTTP would say it: nothing more can be taken in now, or its tenant has reached its rate. */
export type Pause = ProblemCode;

export interface Lane extends TopicPartition {
  /** Where to fetch from. */
  next(): bigint;
  /** Everything before it is durable: what may be committed. */
  durable(): bigint;
  /** Bytes in hand. */
  held(): number;
  /** Takes what was fetched from `next` on. */
  push(fetched: Fetched): void;
  /** Resolves when nothing is in hand, or being appended. */
  idle(): Promise<void>;
  /** It is ours no longer: what is in hand and not begun is dropped. */
  stop(): void;
  stopped(): boolean;
  readonly signal: AbortSignal;
  /** Said by who takes its messages in. */
  paused: Pause | undefined;
  /** Time of its first message that is in hand and not durable, ms; undefined when none is. */
  oldestAtMs(): number | undefined;
  /** The end of the partition as last told: the offset of the next message that will be written. */
  end: bigint;
  /** What the group has committed; undefined before the first time. */
  committed: bigint | undefined;
}

/** Messages that are appended together. More at once would only wait for each other: an entry of the stream holds as many. */
const GROUP = 500;
const FAULT_PAUSE_MS = 1_000;

/**
 * One partition that is ours: its messages are taken in one group after the other, so that its offset moves on in order. While a group
 * is being appended the next one is fetched.
 * @param take takes a group in; resolves with true when every message of it is durable, with false when the lane was stopped first
 */
export function createLane(
  place: TopicPartition,
  start: bigint,
  take: (messages: KafkaMessage[], lane: Lane) => Promise<boolean>,
  onProgress: () => void,
): Lane {
  const stopping = new AbortController();
  const queue: Fetched[] = [];
  let next = start;
  let durable = start;
  let held = 0;
  let oldestAtMs: number | undefined;
  let running: Promise<void> | undefined;

  const takeAll = async ({ messages }: Fetched): Promise<boolean> => {
    for (let from = 0; from < messages.length; from += GROUP) {
      const group = messages.slice(from, from + GROUP);
      oldestAtMs = (group[0] as KafkaMessage).timestampMs;
      if (!(await take(group, lane))) return false;
      durable = BigInt((group.at(-1) as KafkaMessage).offset) + 1n;
    }
    return true;
  };
  const run = async (): Promise<void> => {
    for (let fetched = queue[0]; fetched && !lane.stopped(); fetched = queue[0]) {
      const taken = await takeAll(fetched).catch(unlessOutage("source"));
      // An error that nobody planned for: the same messages again, after a while. Nothing is left out.
      if (taken === undefined) {
        await sleep(FAULT_PAUSE_MS, undefined, { signal: stopping.signal }).catch(() => {});
        continue;
      }
      if (!taken) return;
      durable = fetched.next;
      held -= fetched.bytes;
      queue.shift();
      onProgress();
    }
  };

  const lane: Lane = {
    ...place,
    end: start,
    committed: undefined,
    paused: undefined,
    signal: stopping.signal,
    next: () => next,
    durable: () => durable,
    held: () => held,
    push(fetched) {
      if (lane.stopped()) return;
      next = fetched.next;
      held += fetched.bytes;
      queue.push(fetched);
      running ??= run().finally(() => {
        running = undefined;
        oldestAtMs = undefined;
      });
    },
    idle: () => running ?? Promise.resolve(),
    stop: () => stopping.abort(),
    stopped: () => stopping.signal.aborted,
    oldestAtMs: () => oldestAtMs,
  };
  return lane;
}
