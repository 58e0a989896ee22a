import { setTimeout as sleep } from "node:timers/promises";
import { reportFault } from "../lib/faults.js";
import type { Consumer, Entry } from "../stream/consumer.js";
import type { Batch } from "./batch.js";
import type { Breaker } from "./breaker.js";
import type { Pipelines } from "./pipeline.js";
import { MAX_DELIVERIES, oneByOne, takeApart } from "./take-apart.js";

export interface LoopOptions {
  consumer: Consumer;
  pipelines: Pipelines;
  breaker: Breaker;
  /** Slots shared by all partitions of the worker: how many bulks are in flight. */
  slots: Slots;
  bulkEvents: number;
  bulkBytes: number;
  shortReadPauseMs: number;
  claimIdleMs: number;
  /** Told of outages. */
  onError: (message: string, error: Error) => void;
  /** Called with each batch after it was settled. */
  onSettled: (batch: Batch) => void;
}

export interface Loop {
  /** Entries read and not yet settled. */
  inHand(): number;
  /** Stops reading; resolves when what is in hand is settled or given back. */
  stop(): Promise<void>;
}

const BLOCK_MS = 1_000;
const REQUEUE_EVERY_MS = 500;
const PAUSE_AFTER_ERROR_MS = 250;
/** A read of more could bring in 256 KB each: 64 keep a surprise (single events, then full entries) below 16 MB. */
const MAX_READ_ENTRIES = 64;

/** The loop of one partition: read new entries into full bulks, process them a few at a time, take over what others abandoned. */
export function runLoop(options: LoopOptions): Loop {
  const { consumer, pipelines, breaker, slots, claimIdleMs, onError } = options;
  const inHand = new Map<string, Entry>();
  const running = new Set<Promise<void>>();
  /** In hand when it was stopped. */
  const unsettled: Entry[] = [];
  let stopping = false;
  let eventsPerEntry = options.bulkEvents / 8;

  const gather = async (): Promise<Entry[]> => {
    const entries: Entry[] = [];
    let events = 0;
    for (let round = 0; round < 3 && events < options.bulkEvents; round++) {
      const wanted = Math.ceil((options.bulkEvents - events) / eventsPerEntry);
      const read = await consumer.read(Math.min(MAX_READ_ENTRIES, Math.max(1, wanted)), round === 0 ? BLOCK_MS : 0);
      if (read.length === 0) break;
      for (const entry of read) {
        entries.push(entry);
        events += entry.records.length;
        eventsPerEntry = eventsPerEntry * 0.9 + entry.records.length * 0.1;
      }
      // Somebody waits for the answer: what is here goes at once.
      if (read.some(isWaitedFor)) break;
      // A short pause after a short read makes fuller bulks.
      if (events < options.bulkEvents && options.shortReadPauseMs > 0) await sleep(options.shortReadPauseMs);
    }
    return entries;
  };

  /** Until it is settled: an outage is waited out with the entries in hand, nobody is blamed. */
  const work = async (entries: Entry[], attempt: (entries: Entry[]) => Promise<Batch>): Promise<void> => {
    let next = attempt;
    for (;;) {
      if (!stopping) await breaker.admit();
      if (stopping) return void unsettled.push(...entries);
      try {
        const batch = await next(entries);
        breaker.success();
        options.onSettled(batch);
        return await interruptible(pauseAfterFaults(batch));
      } catch (error) {
        if (reportFault("batch", error)) {
          // The circuit is MongoDB's, and this says nothing about it.
          breaker.noVerdict();
          next = separately;
        } else {
          breaker.failure();
          onError("storage unavailable, holding the batch", error as Error);
        }
        await sleep(PAUSE_AFTER_ERROR_MS);
      }
    }
  };
  const separately = (entries: Entry[]): Promise<Batch> => oneByOne(entries, consumer, pipelines);

  const asBulk = async (entries: Entry[]): Promise<Batch> => {
    const batch: Batch = { consumer, entries, events: [], startedAtMs: Date.now() };
    await pipelines.process(batch);
    return batch;
  };
  const alone = ([entry]: Entry[]): Promise<Batch> => takeApart(entry as Entry, consumer, pipelines);

  const dispatch = async (arrived: Entry[]): Promise<void> => {
    const entries: Entry[] = [];
    for (const entry of arrived) {
      // A group made anew delivers what is in hand once more, even between two reads of one bulk: twice in one settlement, its
      // events would count twice.
      if (inHand.has(entry.id)) continue;
      inHand.set(entry.id, entry);
      entries.push(entry);
    }
    const whole = entries.filter((entry) => entry.deliveries <= MAX_DELIVERIES);
    const suspicious = entries.filter((entry) => entry.deliveries > MAX_DELIVERIES);
    for (const bulk of cutBulks(whole, options.bulkEvents, options.bulkBytes)) await start(bulk, asBulk, 1);
    // Nothing else runs meanwhile: an event that is marked when the process dies must be the one that ended it.
    for (const entry of suspicious) await start([entry], alone, slots.count);
  };
  const start = async (entries: Entry[], attempt: (entries: Entry[]) => Promise<Batch>, needed: number): Promise<void> => {
    await slots.take(needed);
    const run = work(entries, attempt).finally(() => {
      for (const entry of entries) inHand.delete(entry.id);
      slots.give(needed);
      running.delete(run);
    });
    running.add(run);
  };

  /** Repeats until stopped; an error (Redis away) pauses it and changes nothing. */
  const forever = async (name: string, everyMs: number, task: () => Promise<void>): Promise<void> => {
    while (!stopping) {
      try {
        await task();
        if (everyMs > 0) await interruptible(everyMs);
      } catch (error) {
        if (!stopping && !reportFault("stream", error)) onError(`${name} failed`, error as Error);
        await interruptible(PAUSE_AFTER_ERROR_MS);
      }
    }
  };
  const interruptible = async (ms: number): Promise<void> => {
    const until = Date.now() + ms;
    while (!stopping && Date.now() < until) await sleep(Math.min(100, until - Date.now()));
  };

  const loops = [
    forever("reading", 0, async () => {
      await breaker.admitReading();
      if (stopping) return;
      await slots.free();
      await dispatch(await gather());
    }),
    forever("claiming abandoned entries", Math.max(250, claimIdleMs / 4), async () => {
      await dispatch(await consumer.claim(claimIdleMs, MAX_READ_ENTRIES));
    }),
    forever("refreshing entries in hand", Math.max(100, claimIdleMs / 4), () => consumer.refresh([...inHand.keys()])),
    forever("moving due retries", REQUEUE_EVERY_MS, async () => {
      while ((await consumer.requeue()) > 0 && !stopping);
    }),
  ];

  return {
    inHand: () => [...inHand.values()].reduce((sum, entry) => sum + entry.records.length, 0),
    async stop() {
      stopping = true;
      await Promise.all(loops);
      await Promise.all(running);
      // Others would take them for what somebody still works on, until `claimIdleMs` has passed.
      await consumer.giveBack(unsettled, claimIdleMs).catch((error: Error) => onError("giving entries back failed", error));
    },
  };
}

const isWaitedFor = ({ records }: Entry): boolean => records.some(({ context }) => context.reply !== undefined);

/** Events that a fault of ours stops fail within microseconds: where all of them do, this keeps the worker from doing only that. */
function pauseAfterFaults({ events }: Batch): number {
  const faults = events.filter(({ outcome }) => outcome?.kind === "again" && outcome.fault).length;
  return faults === 0 ? 0 : (1_000 * faults) / events.length;
}

/** Whole entries in bulks of about `events` events and at most `bytes` bytes; a bulk has at least one entry. */
export function cutBulks(entries: Entry[], events: number, bytes: number): Entry[][] {
  const bulks: Entry[][] = [];
  let bulk: Entry[] = [];
  let bulkEvents = 0;
  let bulkBytes = 0;
  for (const entry of entries) {
    const size = entry.records.reduce((sum, record) => sum + record.size, 0);
    if (bulk.length > 0 && (bulkEvents >= events || bulkBytes + size > bytes)) {
      bulks.push(bulk);
      bulk = [];
      bulkEvents = 0;
      bulkBytes = 0;
    }
    bulk.push(entry);
    bulkEvents += entry.records.length;
    bulkBytes += size;
  }
  if (bulk.length > 0) bulks.push(bulk);
  return bulks;
}

export interface Slots {
  readonly count: number;
  /** Takes so many at once. First come, first served: who needs all of them is not overtaken for ever. */
  take(needed: number): Promise<void>;
  give(returned: number): void;
  /** Resolves when nobody waits and a slot is free, without taking it. */
  free(): Promise<void>;
  /** Whether any is taken now. */
  anyTaken(): boolean;
  /** Whether one can be had at once. */
  anyFree(): boolean;
}

export function createSlots(count: number): Slots {
  let left = count;
  const queue: { needed: number; go: () => void }[] = [];
  const serve = (): void => {
    for (let first = queue[0]; first && first.needed <= left; first = queue[0]) {
      queue.shift();
      left -= first.needed;
      first.go();
    }
  };
  const take = (needed: number): Promise<void> =>
    new Promise((go) => {
      queue.push({ needed, go });
      serve();
    });
  const give = (returned: number): void => {
    left += returned;
    serve();
  };
  return {
    count,
    take,
    give,
    async free() {
      await take(1);
      give(1);
    },
    anyTaken: () => left < count,
    anyFree: () => left > 0 && queue.length === 0,
  };
}
