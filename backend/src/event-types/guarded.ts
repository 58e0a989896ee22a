import type { Flaw } from "./failures.js";
import type { Guard } from "./guard.js";
import { CHECK_BUDGET_MS, type RegisteredType, type TypeCheck } from "./registry.js";

export interface Job {
  type: RegisteredType;
  payload: unknown;
  /** Size of the event's text, or a little more. */
  bytes: number;
}

/** Why an event is dead. */
export interface Refusal extends Partial<Pick<Flaw, "failures">> {
  fits: false;
  reason: "UNKNOWN_TYPE" | "SCHEMA_INVALID" | "UNPROCESSABLE";
  message: string;
}

/** The event loop gets its turn after so long. */
export const SLICE_MS = 25;
/** All failures are looked for in payloads up to this size and for so long; else the first one must do. */
const ALL_FAILURES_BYTES = 16_384;
const ALL_FAILURES_MS = 20;
/** What a type's check may take at least, however often one took too long. */
const LEAST_BUDGET_MS = 2;
/** A type that took too long gets twice its time again after so long. */
const FORGIVE_MS = 10_000;
/** A process that was not given the processor for so long says nothing about the event in its hands. */
const MOST_PATIENCE_MS = 10_000;
/** What counts as having had the processor for the whole time. */
const BUSY = 0.7;

/**
 * Checks the payloads at `places` under a guard that ends each after 100 ms of this thread's CPU time. A check that takes too long makes
 * its event a dead letter and halves the time of its type, down to 2 ms; rest doubles it again: whatever a schema does, a worker
 * gets through 300 of its events a second, and others have their turn in between. Time in which the process was not given the
 * processor (stopped, starved) blames nobody.
 * @param found where the results go, by place
 * @throws Error when the process gets no processor
 */
export async function judgeGuarded(
  guard: Guard,
  jobs: readonly Job[],
  places: readonly number[],
  found: (Refusal | undefined)[],
): Promise<void> {
  for (const place of places) jobs[place]?.type.check.compiled?.prepareFirst();
  const closer: number[] = [];
  let next = 0;
  const several = (): void => {
    const endsAt = performance.now() + SLICE_MS;
    for (; next < places.length && performance.now() < endsAt; next++) {
      const place = places[next] as number;
      const { type, payload } = jobs[place] as Job;
      if (forgive(type.check) || attempt(() => type.check.compiled?.first(payload))) closer.push(place);
    }
  };
  while (next < places.length) {
    // Whose check it was when the time was over is looked at alone: it may have been the last of many. At once, because what is
    // found out shortens the time of those that follow (1,000 such events in a row: 2 s instead of 110).
    if (guard.run(several, CHECK_BUDGET_MS) === "too-long") {
      const place = places[next++] as number;
      const job = jobs[place] as Job;
      job.type.check.compiled?.mend();
      found[place] = judgeAlone(guard, job);
    }
    await breathe();
  }
  let sliceEndsAt = performance.now() + SLICE_MS;
  for (const place of closer) {
    found[place] = judgeAlone(guard, jobs[place] as Job);
    if (performance.now() < sliceEndsAt) continue;
    await breathe();
    sliceEndsAt = performance.now() + SLICE_MS;
  }
}

function judgeAlone(guard: Guard, { type, payload, bytes }: Job): Refusal | undefined {
  const { check } = type;
  const compiled = check.compiled;
  for (let wallMs = check.budgetMs; wallMs <= MOST_PATIENCE_MS; wallMs *= 2) {
    const before = process.threadCpuUsage();
    let refusal: Refusal | undefined;
    const ended = guard.run(() => {
      refusal = attempt(() => compiled?.first(payload));
    }, wallMs);
    if (ended === "done")
      return refusal?.reason === "SCHEMA_INVALID" && bytes <= ALL_FAILURES_BYTES ? allOf(guard, refusal, type, payload) : refusal;
    compiled?.mend();
    const used = process.threadCpuUsage(before);
    if ((used.user + used.system) / 1000 < check.budgetMs * BUSY) continue;
    const message = `checking it against the schema of its type took longer than ${check.budgetMs} ms`;
    check.budgetMs = Math.max(LEAST_BUDGET_MS, Math.floor(check.budgetMs / 2));
    check.overranAtMs = performance.now();
    return { fits: false, reason: "UNPROCESSABLE", message };
  }
  throw new Error("this process is hardly given the processor: nothing can be said about how long a check takes");
}

/** The same refusal with all failures, when they can be had in little time. */
function allOf(guard: Guard, refusal: Refusal, { check }: RegisteredType, payload: unknown): Refusal {
  let all: Refusal | undefined;
  const ended = guard.run(
    () => {
      all = attempt(() => check.compiled?.all(payload));
    },
    Math.min(ALL_FAILURES_MS, check.budgetMs),
  );
  if (ended === "too-long") check.compiled?.mend();
  return ended === "done" && all?.failures ? { ...refusal, failures: all.failures } : refusal;
}

/** Gives a type that took too long some of its time back after a rest. @returns whether it has still less than others */
function forgive(check: TypeCheck): boolean {
  if (check.budgetMs >= CHECK_BUDGET_MS) return false;
  const now = performance.now();
  if (now - check.overranAtMs < FORGIVE_MS) return true;
  check.budgetMs = Math.min(CHECK_BUDGET_MS, check.budgetMs * 2);
  check.overranAtMs = now;
  return check.budgetMs < CHECK_BUDGET_MS;
}

/** A check that throws (no stack left) is a result: the event is dead, the worker is not. */
export function attempt(check: () => Flaw | undefined): Refusal | undefined {
  try {
    const flaw = check();
    return flaw && { fits: false, reason: "SCHEMA_INVALID", ...flaw };
  } catch (error) {
    return {
      fits: false,
      reason: "UNPROCESSABLE",
      message: `it could not be checked against the schema of its type: ${(error as Error).message}`,
    };
  }
}

export function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
