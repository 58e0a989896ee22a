import type { FieldError } from "@streamforge/shared";
import { createThread, threadProgram } from "../lib/thread.js";
import type { Checked, Refusal } from "./guarded.js";

/** What the thread is asked, one question at a time. */
export type Question =
  | { kind: "examine"; schema: string }
  /** No jobs: whether it compiles, and what that costs. */
  | { kind: "check"; schema: string; jobs: readonly Checked[] };

export type Answer =
  | { flaws: FieldError[] }
  | { broken: string }
  /** Results of the first jobs; the rest is asked again. */
  | { weight: number; compileMs: number; results: (Refusal | undefined)[] }
  | { error: string };

/** Where the results of a check go, as they come. */
export interface CheckRun {
  tenantId: string;
  /** JSON text. */
  schema: string;
  jobs: readonly Checked[];
  onResult(index: number, refusal: Refusal | undefined): void;
  /** Once, when the schema is compiled. */
  onCompiled?(weight: number, compileMs: number): void;
  /** The schema cannot be used: all of its events get this answer. */
  onBroken(why: string): void;
}

export interface Judge {
  /** Everything that is wrong with a schema; empty when it can be used. @throws Error when nothing can be said */
  examine(tenantId: string, schema: string): Promise<FieldError[]>;
  /** Checks in turns with other tenants. @returns when all have a result; `cancel` leaves out what has not begun */
  check(run: CheckRun): { done: Promise<void>; cancel(): void };
  close(): Promise<void>;
}

/** Most payloads and bytes in one turn of a tenant in the thread, which also ends a turn after 50 ms. */
const TURN_JOBS = 64;
const TURN_BYTES = 512 * 1024;
const HEAP_MB = 256;

/** One question of a tenant, waiting for the thread. */
interface Turn {
  tenantId: string;
  ask(): Question | undefined;
  /** @returns whether more is to be asked; undefined: the thread died of it */
  take(answer: Answer | undefined): boolean;
  fail(error: Error): void;
}

/**
 * Whatever a tenant makes a process compile or evaluate happens in one thread beside its event loop, in turns by tenant. The thread
 * keeps each question within a budget; one that makes it run out of memory, or hang, costs the thread, and its answer says so.
 */
export function createJudge(): Judge {
  const waiting = new Map<string, Turn[]>();
  const thread = createThread<Question, Answer>(threadProgram("event-types/judge-thread.js"), { heapMb: HEAP_MB });
  let busy = false;
  let closed = false;

  const next = (): Turn | undefined => {
    const [tenantId, turns] = waiting.entries().next().value ?? [];
    if (tenantId === undefined || !turns) return undefined;
    // The tenant goes to the end of the row.
    waiting.delete(tenantId);
    const turn = turns.shift();
    if (turns.length > 0) waiting.set(tenantId, turns);
    return turn;
  };
  const put = (turn: Turn, place: "push" | "unshift"): void => {
    const turns = waiting.get(turn.tenantId);
    if (turns) turns[place](turn);
    else waiting.set(turn.tenantId, [turn]);
  };
  const add = (turn: Turn): void => {
    put(turn, "push");
    void work();
  };
  const work = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    for (let turn = next(); turn && !closed; turn = next()) {
      const question = turn.ask();
      if (!question) continue;
      try {
        if (turn.take(await thread.ask(question))) put(turn, "unshift");
      } catch (error) {
        turn.fail(error as Error);
      }
    }
    busy = false;
  };
  return {
    examine: (tenantId, schema) =>
      new Promise((resolve, reject) => {
        add({
          tenantId,
          ask: () => ({ kind: "examine", schema }),
          take(answer) {
            if (!answer)
              resolve([{ pointer: "", detail: "cannot be compiled: it takes more memory, or time, than there is for one schema" }]);
            else if ("flaws" in answer) resolve(answer.flaws);
            else reject(new Error("error" in answer ? answer.error : "the thread for schemas gave no answer"));
            return false;
          },
          fail: reject,
        });
      }),
    check(run) {
      let cancelled = false;
      const done = new Promise<void>((resolve, reject) => add(checkTurn(run, () => cancelled, resolve, reject)));
      return {
        done,
        cancel() {
          cancelled = true;
        },
      };
    },
    async close() {
      closed = true;
      await thread.close();
    },
  };
}

function checkTurn(run: CheckRun, isCancelled: () => boolean, resolve: () => void, fail: (error: Error) => void): Turn {
  let from = 0;
  let most = TURN_JOBS;
  let asked: readonly Checked[] = [];
  return {
    tenantId: run.tenantId,
    ask() {
      if (isCancelled()) {
        resolve();
        return undefined;
      }
      let bytes = 0;
      let to = from;
      while (to < run.jobs.length && to - from < most && (to === from || bytes < TURN_BYTES)) bytes += (run.jobs[to++] as Checked).bytes;
      asked = run.jobs.slice(from, to);
      return { kind: "check", schema: run.schema, jobs: asked };
    },
    take(answer) {
      if (!answer) {
        // Something in it ended the thread: from now on one by one, until it is found.
        if (asked.length > 1) most = 1;
        else if (asked.length === 1) run.onResult(from++, ENDED_THE_THREAD);
        else run.onBroken(ENDED_THE_THREAD.message);
      } else if ("results" in answer) {
        if (from === 0) run.onCompiled?.(answer.weight, answer.compileMs);
        for (const refusal of answer.results) run.onResult(from++, refusal);
      } else if ("broken" in answer) {
        run.onBroken(answer.broken);
        from = run.jobs.length;
      } else {
        fail(new Error("error" in answer ? answer.error : "the thread for schemas gave no answer"));
        return false;
      }
      if (from < run.jobs.length) return true;
      resolve();
      return false;
    },
    fail,
  };
}

const ENDED_THE_THREAD: Refusal = Object.freeze({
  fits: false,
  reason: "UNPROCESSABLE",
  message: "checking it against the schema of its type takes more memory, or time, than there is for one event",
});
