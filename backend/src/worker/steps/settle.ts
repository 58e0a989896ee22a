import { setTimeout as sleep } from "node:timers/promises";
import { type LetterStore, letterId } from "../../dead-letters/letters.js";
import type { Settlement } from "../../stream/consumer.js";
import { retryRecord } from "../../stream/record.js";
import type { Batch, Step, WorkEvent } from "../batch.js";

export interface RetryDelays {
  baseMs: number;
  maxMs: number;
}

export interface SettleOptions {
  delays: RetryDelays;
  letters: Pick<LetterStore, "withdraw" | "resolveLate">;
  isStopping: () => boolean;
}

/**
 * Acknowledges whole entries. By now every event of them is durable: stored by a majority, a dead letter, or on its way into
 * the retry set, which the same script writes. The script is repeated until it answers: it changes nothing twice.
 *
 * Where another worker decided otherwise (one of both was frozen past CLAIM_IDLE_MS, and a schema changed meanwhile), the ledger
 * has what was settled first. So an entry with such an event is settled alone, and its letters are made to say the same.
 */
export function settle({ delays, letters, isStopping }: SettleOptions): Step {
  const untilDone = async <T>(task: () => Promise<T>): Promise<T> => {
    for (;;) {
      try {
        return await task();
      } catch (error) {
        if (isStopping() || (error as Error).name === "ReplyError") throw error;
        await sleep(200);
      }
    }
  };
  return async function settleEntries(batch) {
    const settlements = settlementsOf(batch, delays);
    const disputed = batch.events.filter((event) => event.disputed);
    const alone = new Set(disputed.map(({ entry }) => entry.id));
    const together = alone.size === 0 ? settlements : settlements.filter(({ entryId }) => !alone.has(entryId));
    if (together.length > 0 && (await untilDone(() => batch.consumer.settle(together))) < together.length) batch.late = true;
    for (const settlement of settlements.filter(({ entryId }) => alone.has(entryId))) {
      const isFirst = (await untilDone(() => batch.consumer.settle([settlement]))) === 1;
      if (!isFirst) batch.late = true;
      const deaths = disputed
        .filter(({ entry }) => entry.id === settlement.entryId)
        .map(({ record }) => ({ letterId: letterId(record.id, record.hash), receipt: record.receipt }));
      await untilDone(() => (isFirst ? letters.withdraw(deaths) : letters.resolveLate(deaths)));
    }
  };
}

function settlementsOf(batch: Batch, delays: RetryDelays): Settlement[] {
  const byEntry = new Map<string, Settlement>();
  for (const entry of batch.entries) {
    byEntry.set(entry.id, { entryId: entry.id, bytes: 0, ledger: [], retries: [], releases: [], finishedRetries: [] });
  }
  for (const event of batch.events) addEvent(byEntry.get(event.entry.id) as Settlement, event, delays);
  return [...byEntry.values()];
}

function addEvent(settlement: Settlement, event: WorkEvent, delays: RetryDelays): void {
  const { record, entry, outcome } = event;
  if (!outcome) throw new Error(`event ${record.eventId} reached settle without an outcome`);
  const acceptedAtMs = record.acceptedAtMs || entry.acceptedAtMs;
  if (outcome.kind === "again") {
    const attempt = record.attempt + (outcome.blamed ? 1 : 0);
    // What a fault of ours stopped waits the longest time: often enough to be there when that is fixed, too seldom to cost much.
    const dueAtMs = Date.now() + (outcome.afterMs ?? (outcome.fault ? delays.maxMs : retryDelayMs(attempt, delays)));
    settlement.retries.push({ receipt: record.receipt, dueAtMs, acceptedAtMs, record: retryRecord(record, attempt, acceptedAtMs) });
    return;
  }
  settlement.bytes += record.size;
  const row = ledgerRow(settlement, Math.floor(acceptedAtMs / 60_000), record.context.tenantId);
  row[outcome.kind]++;
  // It came through the retry set when its minute travels with it.
  if (record.acceptedAtMs > 0) settlement.finishedRetries.push(record.receipt);
  // A dead letter does not own its identity: a corrected resend must be accepted. A conflict's identity belongs to the stored event, and
  // that of what is no event to the message itself, which may be delivered again.
  if (outcome.kind === "dead" && outcome.reason !== "IDENTITY_CONFLICT" && outcome.reason !== "INVALID_EVENT")
    settlement.releases.push({ identity: record.identity, receipt: record.receipt });
}

function ledgerRow(settlement: Settlement, minute: number, tenantId: string): Settlement["ledger"][number] {
  let row = settlement.ledger.find((candidate) => candidate.minute === minute && candidate.tenantId === tenantId);
  if (!row) {
    row = { minute, tenantId, stored: 0, duplicate: 0, dead: 0 };
    settlement.ledger.push(row);
  }
  return row;
}

/** Doubled each time, with jitter of half, so that what failed together does not come back together. */
export function retryDelayMs(attempt: number, { baseMs, maxMs }: RetryDelays): number {
  const full = Math.min(maxMs, baseMs * 2 ** Math.max(0, attempt - 1));
  return Math.round(full / 2 + (Math.random() * full) / 2);
}
