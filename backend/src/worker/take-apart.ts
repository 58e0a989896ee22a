import type { Consumer, Entry } from "../stream/consumer.js";
import type { Batch, WorkEvent } from "./batch.js";
import type { Pipelines } from "./pipeline.js";
import { unpack } from "./steps/unpack.js";

/** After this many deliveries without an outcome, something in the entry may be ending the processes that touch it. */
export const MAX_DELIVERIES = 3;

const RECEIPT_BYTES = 8;

/**
 * Processes an entry whose processing ended three times without an outcome. Its events go one by one, each marked in Redis
 * before it is tried. An event whose mark is found was being tried when its process died: it becomes a dead letter
 * (unless it turns out to be stored), and its neighbours are stored.
 */
export async function takeApart(entry: Entry, consumer: Consumer, pipelines: Pipelines): Promise<Batch> {
  const whole: Batch = { consumer, entries: [entry], events: [], startedAtMs: Date.now() };
  unpack()(whole);
  const suspects = (await consumer.markOf(entry.id)) ?? Buffer.alloc(0);
  for (const event of whole.events) {
    if (isSuspect(suspects, event)) {
      event.outcome = { kind: "dead", reason: "UNPROCESSABLE", message: "the worker that processed this event alone died" };
      continue;
    }
    await consumer.mark(entry.id, Buffer.concat([suspects, event.record.receipt]));
    try {
      await pipelines.tryAlone({ ...whole, events: [event] });
    } catch (error) {
      // An outage while it was tried says nothing about the event.
      await consumer.mark(entry.id, suspects);
      throw error;
    }
  }
  await consumer.mark(entry.id, suspects);
  await pipelines.finish(whole);
  return whole;
}

function isSuspect(suspects: Buffer, { record }: WorkEvent): boolean {
  for (let at = 0; at < suspects.length; at += RECEIPT_BYTES) {
    if (record.receipt.equals(suspects.subarray(at, at + RECEIPT_BYTES))) return true;
  }
  return false;
}
