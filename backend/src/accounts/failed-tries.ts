import { every } from "../lib/every.js";
import type { FailedTriesView } from "../stream/heartbeat.js";
import { type Actor, amendAudit, audit } from "./audit.js";
import type { PrismaClient } from "./database.js";

export interface FailedTry {
  /** What was guessed at. */
  door: FailedTriesView["door"];
  /** The account, when there is one. Only people who may see its e-mail anyway see it here. */
  user?: { id: string; email: string } | undefined;
  address: string;
  /** Refused unseen, because there were too many; a guess that was looked at otherwise. */
  refused: boolean;
  correlationId: string;
}

export interface FailedTryLog {
  note(one: FailedTry): void;
  /** The last minutes, the most tries first. */
  current(): FailedTriesView[];
  close(): Promise<void>;
}

export interface FailedTryLogDeps {
  prisma: PrismaClient;
  log: { warn(details: object, message: string): void };
  /** Counts each try, looked at or not. */
  count?: (door: FailedTry["door"]) => void;
}

/** One entry of the audit log for each account and door in so long, however many tries there are: nobody can fill the table. */
const SPAN_MS = 10 * 60_000;
const WRITE_EVERY_MS = 5_000;
const SAY_EVERY_MS = 60_000;
const MOST_ADDRESSES = 1_000;
const ADDRESSES_SHOWN = 10;
const MOST_SHOWN = 10;

const NOBODY: Actor = { kind: "system", id: "sign-in", name: "nobody who signed in" };

interface Entry extends FailedTriesView {
  targetId: string;
  /** Tries by address. */
  byAddress: Map<string, number>;
  correlationId: string;
  auditId?: string;
  changed: boolean;
  /** Tries that were refused unseen, or at an API key, since the log last said so. */
  unsaid: Map<string, number>;
}

/**
 * Keeps account of guesses: each that was looked at is a line of the log, the rest is summed up once a minute; the audit log has one
 * entry an account in ten minutes, with the number of tries and their addresses; the newest figures are for the dashboard's warning.
 */
export function createFailedTryLog({ prisma, log, count }: FailedTryLogDeps): FailedTryLog {
  const entries = new Map<string, Entry>();
  let ended: Entry[] = [];

  function entryOf({ door, user, correlationId }: FailedTry): Entry {
    const targetId = user?.id ?? (door === "password" ? "unknown" : door);
    const nowMs = Date.now();
    const before = entries.get(targetId);
    if (before && nowMs - before.fromMs < SPAN_MS) return before;
    if (before) ended.push(before);
    const entry: Entry = {
      ...{ door, targetId, correlationId, email: user?.email ?? null, guesses: 0, refused: 0, addresses: 0, fromMs: nowMs, changed: false },
      ...{ byAddress: new Map(), unsaid: new Map() },
    };
    entries.set(targetId, entry);
    return entry;
  }

  async function write(): Promise<void> {
    const due = [...ended, ...entries.values()].filter(({ changed }) => changed);
    ended = [];
    for (const entry of due) {
      entry.changed = false;
      const { door, email, guesses, refused, addresses, fromMs, byAddress, targetId, correlationId } = entry;
      const worst = [...byAddress].sort(([, a], [, b]) => b - a).slice(0, ADDRESSES_SHOWN);
      const after = { door, email, guesses, refused, addresses, from: new Date(fromMs).toISOString(), most: Object.fromEntries(worst) };
      try {
        if (entry.auditId) await amendAudit(prisma, entry.auditId, after);
        else
          entry.auditId = await audit(prisma, { ...NOBODY, correlationId }, { action: "sign-in-failed", targetId, tenantId: null, after });
      } catch (error) {
        entry.changed = true;
        throw error;
      }
    }
  }

  function say(): void {
    for (const [id, entry] of entries) {
      const { door, email, unsaid, fromMs } = entry;
      if (unsaid.size > 0) {
        const tries = [...unsaid.values()].reduce((sum, n) => sum + n, 0);
        const worst = [...unsaid].sort(([, a], [, b]) => b - a).slice(0, ADDRESSES_SHOWN);
        log.warn({ door, email, tries, addresses: unsaid.size, most: Object.fromEntries(worst) }, "tries refused in the last minute");
        unsaid.clear();
      }
      if (Date.now() - fromMs < SPAN_MS) continue;
      entries.delete(id);
      ended.push(entry);
    }
  }

  const onError = (error: Error): void => log.warn({ err: error }, "failed tries could not be written to the audit log");
  const writing = every(WRITE_EVERY_MS, write, { onError });
  const saying = every(SAY_EVERY_MS, say, { onError });

  return {
    note(one) {
      const { door, address, refused, user, correlationId } = one;
      count?.(door);
      const entry = entryOf(one);
      if (refused) entry.refused++;
      else entry.guesses++;
      entry.changed = true;
      bump(entry.byAddress, address);
      entry.addresses = entry.byAddress.size;
      // Guesses at passwords and the admin token are bounded, so each has its line; keys are tried by the thousand.
      if (refused || door === "api-key") bump(entry.unsaid, address);
      else log.warn({ door, email: user?.email ?? null, address, correlationId }, "sign-in failed");
    },
    current: () =>
      [...entries.values()]
        .filter(({ fromMs }) => Date.now() - fromMs < SPAN_MS)
        .sort((a, b) => b.guesses + b.refused - a.guesses - a.refused)
        .slice(0, MOST_SHOWN)
        .map(({ door, email, guesses, refused, addresses, fromMs }) => ({ door, email, guesses, refused, addresses, fromMs })),
    async close() {
      await Promise.all([writing.close(), saying.close()]);
      say();
      await write().catch(onError);
    },
  };
}

/** Addresses beyond a number are not told apart. */
function bump(counts: Map<string, number>, address: string): void {
  const name = counts.has(address) || counts.size < MOST_ADDRESSES ? address : "others";
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
