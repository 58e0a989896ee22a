import { reportFault } from "../lib/faults.js";
import type { Consumer, Entry } from "../stream/consumer.js";
import type { Batch, WorkEvent } from "./batch.js";
import type { Pipelines } from "./pipeline.js";
import { unpack } from "./steps/unpack.js";

/** After this many deliveries without an outcome, something in the entry may be ending the processes that touch it. */
export const MAX_DELIVERIES = 3;

/** An event is to blame when this many processes died while they tried it alone. One or two may have been killed from outside at that moment. */
export const MOST_DEATHS_ALONE = 3;

const RECEIPT_BYTES = 8;

/**
 * Processes an entry whose processing ended three times without an outcome. Its events go one by one, each marked in Redis
 * before it is tried. An event whose mark is found was being tried when its process died. Those are tried last, and one with
 * `MOST_DEATHS_ALONE` marks becomes a dead letter (unless it turns out to be stored). Its neighbours are stored.
 */
export async function takeApart(entry: Entry, consumer: Consumer, pipelines: Pipelines): Promise<Batch> {
  const whole: Batch = { consumer, entries: [entry], events: [], startedAtMs: Date.now() };
  unpack()(whole);
  const suspects = (await consumer.markOf(entry.id)) ?? Buffer.alloc(0);
  const tries = whole.events.map((event) => ({ event, deaths: deathsOf(suspects, event) })).sort((a, b) => a.deaths - b.deaths);
  for (const { event, deaths } of tries) {
    if (deaths >= MOST_DEATHS_ALONE) {
      const message = `${deaths} workers died, each while it processed this event alone`;
      event.outcome = { kind: "dead", reason: "UNPROCESSABLE", message };
      continue;
    }
    await consumer.mark(entry.id, Buffer.concat([suspects, event.record.receipt]));
    try {
      await pipelines.tryAlone({ ...whole, events: [event] });
    } catch (error) {
      // Neither an outage nor a fault of ours while it was tried says anything about the event.
      await consumer.mark(entry.id, suspects);
      stopUnlessFault(error, [event]);
    }
  }
  await consumer.mark(entry.id, suspects);
  await finish(whole, pipelines);
  return whole;
}

/**
 * Processes a bulk in which something threw that nobody planned for. Its events are tried one by one: those that can be decided are,
 * and each in which it throws again is put into the retry set, unblamed, however often. So a fault of ours loses nothing, makes no
 * dead letter, and holds up no neighbour; a version without it stores what waits.
 */
export async function oneByOne(entries: Entry[], consumer: Consumer, pipelines: Pipelines): Promise<Batch> {
  const whole: Batch = { consumer, entries, events: [], startedAtMs: Date.now() };
  unpack()(whole);
  for (const event of whole.events) {
    await pipelines.tryAlone({ ...whole, events: [event] }).catch((error) => stopUnlessFault(error, [event]));
  }
  await finish(whole, pipelines);
  return whole;
}

/** Whatever was decided: of an entry that cannot be concluded all events are tried again, and those that are stored are found stored. */
async function finish(whole: Batch, pipelines: Pipelines): Promise<void> {
  try {
    await pipelines.finish(whole);
  } catch (error) {
    stopUnlessFault(error, whole.events);
    await pipelines.putOff(whole);
  }
}

/** @throws the error when it is an outage */
function stopUnlessFault(error: unknown, events: WorkEvent[]): void {
  if (!reportFault("batch", error)) throw error;
  const message = `an error of StreamForge's own stopped it: ${(error as Error).message}`;
  for (const event of events) event.outcome = { kind: "again", message, blamed: false, fault: true };
}

/** How often the event was being tried when its process died: its receipt stands in the marks once for each time. */
function deathsOf(suspects: Buffer, { record }: WorkEvent): number {
  let deaths = 0;
  for (let at = 0; at < suspects.length; at += RECEIPT_BYTES) {
    if (record.receipt.equals(suspects.subarray(at, at + RECEIPT_BYTES))) deaths++;
  }
  return deaths;
}
