import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { within } from "../lib/within.js";
import type { Decided, Decision } from "../stream/decisions.js";
import { eventContext } from "../stream/record.js";
import type { Item } from "./ingest.js";

/** How a wait ended. */
export type WaitEnd = "decided" | "deadline" | "left" | "stopped";

/** A request that waits until its events are decided. */
export interface Wait {
  /**
   * Resolves when every accepted item is decided; at the deadline, after one look at what is stored; when the client has left; when the
   * process ends. To be called once, after the append. What the items hold of the body is let go.
   * @param left aborted when the client has left
   */
  over(forMs: number, left: AbortSignal): Promise<WaitEnd>;
  /** What became of an item; undefined while that is not known. */
  decisionOf(item: Item): Decision | undefined;
  /** Forgets it. To be called in any case. */
  end(): void;
}

export interface Waits {
  /**
   * Makes a request wait, before its items are appended: what becomes of them may be told before the append is answered.
   * @returns undefined when as many events are waited for as may be, of all or of this tenant
   */
  start(tenantId: string, items: Item[]): Wait | undefined;
  /** Takes what was told of events; those that nobody waits for are ignored. */
  decide(decided: Decided[]): void;
  /** Looks for all that are waited for, where something that was told may have been missed. */
  lookForAll(): void;
  /** Requests and events that wait now. */
  waiting(): { requests: number; events: number };
  /** All who wait are answered with what is known, and nobody waits any more. */
  stop(): void;
}

/** An event that is waited for, as it is looked for. */
export interface Sought {
  receipt: string;
  /** 16 bytes, latin1. */
  id: string;
  /** 8 bytes, latin1. */
  hash: string;
}

export interface WaitsOptions {
  /** Of this process, as records carry it. */
  name: string;
  /** Reads what became of events. Those of which that is not known are left out. */
  look: (events: Sought[]) => Promise<Decided[]>;
  /** Most events that are waited for at once; a tenant has half of them. */
  maxEvents: number;
  /** Told of a request that may not wait, because too many events are waited for. */
  onRefused: () => void;
}

interface State {
  tenantId: string;
  items: Map<string, Item>;
  decisions: Map<Item, Decision>;
  /** Items that must be decided; undefined while they are being appended. */
  left: Set<string> | undefined;
  finish: (how: WaitEnd) => void;
}

const RECEIPT_BYTES = 8;
const NOTHING = Buffer.alloc(0);
/** Those whose deadline passes together are looked for together. */
const GATHER_MS = 5;
const LOOK_EVENTS = 500;
/** An answer comes at most so long after its deadline. */
const LOOK_TIMEOUT_MS = 1_000;

/**
 * Requests that wait for what becomes of their events. The record names this process, the worker that settles it tells it, and one look
 * at the deadline makes up for what was not heard: nothing is polled, and a wait costs its entry in a table and one timer.
 */
export function createWaits({ name, look, maxEvents, onRefused }: WaitsOptions): Waits {
  const byReceipt = new Map<string, State>();
  const states = new Set<State>();
  const heldBy = new Map<string, number>();
  let stopped = false;

  const decide = (decided: Decided[]): void => {
    const unclear: State[] = [];
    for (const { receipt, decision } of decided) {
      const state = byReceipt.get(receipt);
      if (!state) continue;
      if (decision) state.decisions.set(state.items.get(receipt) as Item, decision);
      else unclear.push(state);
      if (decision && state.left?.delete(receipt) && state.left.size === 0) state.finish("decided");
    }
    if (unclear.length > 0) lookFor(unclear).catch(() => {});
  };
  const lookFor = async (some: State[]): Promise<void> => {
    const sought = some.flatMap(({ left, items }) =>
      [...(left ?? [])].map((receipt) => ({ receipt, ...idsOf(items.get(receipt) as Item) })),
    );
    for (let at = 0; at < sought.length; at += LOOK_EVENTS) decide(await look(sought.slice(at, at + LOOK_EVENTS)));
  };
  let late: State[] = [];
  const atDeadline = (state: State): void => {
    if (late.push(state) > 1) return;
    setTimeout(async () => {
      const together = late;
      late = [];
      // MongoDB away: they are accepted, which is true.
      await within(LOOK_TIMEOUT_MS, "MongoDB", lookFor(together)).catch(() => {});
      for (const one of together) one.finish("deadline");
    }, GATHER_MS);
  };

  const hold = (tenantId: string, events: number): void => {
    const held = (heldBy.get(tenantId) ?? 0) + events;
    if (held > 0) heldBy.set(tenantId, held);
    else heldBy.delete(tenantId);
  };
  const end = (state: State): void => {
    if (!states.delete(state)) return;
    for (const receipt of state.items.keys()) byReceipt.delete(receipt);
    hold(state.tenantId, -state.items.size);
  };
  const waitOf = (state: State): Wait => ({
    over: (forMs, left) => overOf(state, forMs, left, atDeadline, () => stopped),
    decisionOf: (item) => state.decisions.get(item),
    end: () => end(state),
  });

  return {
    start(tenantId, items) {
      const accepted = items.filter(({ rejection }) => !rejection);
      const events = accepted.length;
      if (events === 0 || stopped) return undefined;
      if (byReceipt.size + events > maxEvents || (heldBy.get(tenantId) ?? 0) + events > maxEvents / 2) {
        onRefused();
        return undefined;
      }
      const state: State = { tenantId, items: new Map(), decisions: new Map(), left: undefined, finish: () => {} };
      addressTo(name, accepted, (receipt, item) => {
        state.items.set(receipt, item);
        byReceipt.set(receipt, state);
      });
      states.add(state);
      hold(tenantId, events);
      return waitOf(state);
    },
    decide,
    lookForAll: () => void lookFor([...states]).catch(() => {}),
    waiting: () => ({ requests: states.size, events: byReceipt.size }),
    stop() {
      stopped = true;
      for (const state of states) state.finish("stopped");
    },
  };
}

/** Gives each item its receipt and the name of who waits. */
function addressTo(name: string, items: Item[], each: (receipt: string, item: Item) => void): void {
  const receipts = randomBytes(items.length * RECEIPT_BYTES);
  const [first] = items as [Item];
  const context = eventContext({ ...first.context, reply: name });
  items.forEach((item, i) => {
    item.receipt = receipts.subarray(i * RECEIPT_BYTES, (i + 1) * RECEIPT_BYTES);
    item.context = context;
    each(item.receipt.toString("latin1"), item);
  });
}

function overOf(
  state: State,
  forMs: number,
  left: AbortSignal,
  atDeadline: (state: State) => void,
  stopped: () => boolean,
): Promise<WaitEnd> {
  return new Promise((resolve) => {
    for (const item of state.items.values()) item.text = NOTHING;
    const leave = (): void => state.finish("left");
    const timer = setTimeout(() => atDeadline(state), Math.max(0, forMs));
    state.finish = (how) => {
      clearTimeout(timer);
      left.removeEventListener("abort", leave);
      resolve(how);
    };
    left.addEventListener("abort", leave);
    state.left = new Set();
    for (const [receipt, item] of state.items) if (isAccepted(item) && !state.decisions.has(item)) state.left.add(receipt);
    if (state.left.size === 0) state.finish("decided");
    else if (left.aborted) leave();
    else if (stopped()) state.finish("stopped");
  });
}

const isAccepted = ({ twin, outcome }: Item): boolean => twin === undefined && outcome?.kind === "accepted";

const idsOf = ({ id, hash }: Item): Pick<Sought, "id" | "hash"> => ({ id, hash });
