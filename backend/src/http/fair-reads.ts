import { finished } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Gauge, type Registry } from "prom-client";
import { createTurns, NoTurnError, type Turns } from "../lib/turns.js";
import { callerOf } from "./auth.js";
import { whileAsked } from "./reads.js";
import { rateLimited } from "./too-many.js";

export interface FairReads {
  /** A list, or another answer that may be large: its turn ends when the answer has been sent, or its client has left. */
  page<T>(request: FastifyRequest, reply: FastifyReply, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** What makes a store look through more than it returns. */
  search<T>(request: FastifyRequest, reply: FastifyReply, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
}

/** Pages: each may hold 4 MiB until its client has read it. */
const PAGES = { atOnce: 16, atOncePerKey: 4, waitingPerKey: 100, waitMs: 10_000 };
/**
 * Searches: each keeps a core of MongoDB busy, up to 5 s, and one tenant may have one. The others wait: that costs less than their
 * refusals (of 30 at once, ten that were refused and came back at once kept half a core of the api busy). A tenant that always has one
 * waiting gets half of that core.
 */
const SEARCHES = { atOnce: 2, atOncePerKey: 1, waitingPerKey: 100, waitMs: 10_000, mostRestMs: 1_000 };

/** An answer that has not been read by then is given up. */
const READ_OUT_MS = 30_000;
const RETRY_AFTER_SECONDS = 2;

/** Slow and large reads, in turns by tenant and person: they wait for their own kind, and nothing else waits for them. */
export function createFairReads(registry: Registry): FairReads {
  const pages = createTurns(PAGES);
  const searches = createTurns(SEARCHES);
  for (const [state, count] of [
    ["running", (turns: Turns) => turns.running()],
    ["waiting", (turns: Turns) => turns.waiting()],
  ] as const) {
    new Gauge({
      name: `streamforge_reads_${state}`,
      help: `Pages and searches that are ${state}`,
      labelNames: ["kind"],
      registers: [registry],
      collect() {
        this.set({ kind: "page" }, count(pages));
        this.set({ kind: "search" }, count(searches));
      },
    });
  }

  return {
    async page(request, reply, work) {
      const signal = whileAsked(request, reply);
      const done = await turn(pages, "pages", request, signal);
      let givenUp: NodeJS.Timeout | undefined;
      finished(reply.raw, () => {
        clearTimeout(givenUp);
        done();
      });
      const answer = await work(signal);
      givenUp = setTimeout(() => reply.raw.destroy(), READ_OUT_MS).unref();
      return answer;
    },
    async search(request, reply, work) {
      const signal = whileAsked(request, reply);
      const done = await turn(searches, "searches", request, signal);
      try {
        return await work(signal);
      } finally {
        done();
      }
    },
  };
}

async function turn(turns: Turns, what: "pages" | "searches", request: FastifyRequest, signal: AbortSignal): Promise<() => void> {
  try {
    return await turns.take(callerOf(request), signal);
  } catch (error) {
    if (!(error instanceof NoTurnError)) throw error;
    const { atOncePerKey, waitingPerKey } = what === "pages" ? PAGES : SEARCHES;
    throw rateLimited(
      `At most ${atOncePerKey} ${what} of one tenant or person run at once, and ${waitingPerKey} wait (${error.message}).`,
      { name: what, quota: atOncePerKey, windowSeconds: 1 },
      RETRY_AFTER_SECONDS,
    );
  }
}
