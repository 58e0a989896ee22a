import type { CompiledSchema } from "./compile.js";
import type { Flaw } from "./failures.js";
import type { Guard } from "./guard.js";

/** What is checked. */
export interface Checked {
  payload: unknown;
  /** Size of the event's text, or a little more. */
  bytes: number;
  /** The payload as it was sent, when it has numbers that doubles do not hold. */
  text?: string | undefined;
}

/** Why an event is dead. */
export interface Refusal extends Partial<Pick<Flaw, "failures">> {
  fits: false;
  reason: "UNKNOWN_TYPE" | "SCHEMA_INVALID" | "UNPROCESSABLE";
  message: string;
}

/** A schema under guard, and what was learned of it. */
export interface GuardedSchema {
  compiled: CompiledSchema;
  /** What one check may take, and when one last took longer. */
  budgetMs: number;
  overranAtMs: number;
}

/** Longest check of one payload, in ms of CPU time. */
export const CHECK_BUDGET_MS = 100;
/** Checks of this long share one time limit, which costs 180 µs to set. */
const SLICE_MS = 25;
/** All failures are looked for in payloads up to this size and for so long; else the first one must do. */
const ALL_FAILURES_BYTES = 16_384;
const ALL_FAILURES_MS = 20;
/** What a type's check may take at least, however often one took too long. */
const LEAST_BUDGET_MS = 2;
/** A type that took too long gets twice its time again after so long. */
const FORGIVE_MS = 10_000;
/** A thread that was not given the processor for so long says nothing about the event in its hands. */
const MOST_PATIENCE_MS = 10_000;
/** What counts as having had the processor for the whole time. */
const BUSY = 0.7;

/**
 * Checks payloads under a guard that ends each after 100 ms of this thread's CPU time. A check that takes too long makes its event a
 * dead letter and halves the time of its type, down to 2 ms; rest doubles it again.
 * @param sliceMs stops after about so long
 * @returns the results of the first payloads: of at least one, of all when time was left
 */
export function judgeGuarded(guard: Guard, schema: GuardedSchema, jobs: readonly Checked[], sliceMs: number): (Refusal | undefined)[] {
  const { compiled } = schema;
  const endsAt = performance.now() + sliceMs;
  const found: (Refusal | undefined)[] = [];
  const several = (): void => {
    const until = Math.min(endsAt, performance.now() + SLICE_MS);
    while (found.length < jobs.length && performance.now() < until) {
      const { payload, text } = jobs[found.length] as Checked;
      if (attempt(() => compiled.first(payload, text))) return;
      found.push(undefined);
    }
  };
  do {
    // Whose check it was when the time was over, or failed, is looked at alone: it may have been the last of many.
    const before = found.length;
    if (!forgive(schema) && guard.run(several, CHECK_BUDGET_MS) === "too-long") compiled.repair();
    // The time can be over between the last check and the end: then all have their result.
    const next = jobs[found.length];
    if (next && (found.length === before || performance.now() < endsAt)) found.push(judgeAlone(guard, schema, next));
  } while (found.length < jobs.length && performance.now() < endsAt);
  return found;
}

function judgeAlone(guard: Guard, schema: GuardedSchema, { payload, bytes, text }: Checked): Refusal | undefined {
  const { compiled, budgetMs } = schema;
  let refusal: Refusal | undefined;
  const work = (): void => {
    refusal = attempt(() => compiled.first(payload, text));
  };
  if (withinCpuTime(guard, work, budgetMs, compiled.repair) === "done")
    return refusal?.reason === "SCHEMA_INVALID" && bytes <= ALL_FAILURES_BYTES ? allOf(guard, refusal, schema, payload, text) : refusal;
  schema.budgetMs = Math.max(LEAST_BUDGET_MS, Math.floor(budgetMs / 2));
  schema.overranAtMs = performance.now();
  return { fits: false, reason: "UNPROCESSABLE", message: `checking it against the schema of its type took longer than ${budgetMs} ms` };
}

/**
 * Runs work that may take so much of this thread's CPU time. Time in which the thread was not given the processor (stopped,
 * starved) counts for nothing: the work begins anew with more patience.
 * @param undo called when the work was ended
 * @throws Error when the thread gets no processor
 */
export function withinCpuTime(guard: Guard, work: () => void, budgetMs: number, undo: () => void = () => {}): "done" | "too-long" {
  for (let wallMs = budgetMs; wallMs <= Math.max(MOST_PATIENCE_MS, budgetMs * 4); wallMs *= 2) {
    const before = process.threadCpuUsage();
    if (guard.run(work, wallMs) === "done") return "done";
    undo();
    const used = process.threadCpuUsage(before);
    if ((used.user + used.system) / 1000 >= budgetMs * BUSY) return "too-long";
  }
  throw new Error("this process is hardly given the processor: nothing can be said about how long a check takes");
}

/** The same refusal with all failures, when they can be had in little time. */
function allOf(guard: Guard, refusal: Refusal, { compiled, budgetMs }: GuardedSchema, payload: unknown, text?: string): Refusal {
  let all: Refusal | undefined;
  const work = (): void => {
    all = attempt(() => compiled.all(payload, text));
  };
  const ended = guard.run(work, Math.min(ALL_FAILURES_MS, budgetMs));
  if (ended === "too-long") compiled.repair();
  return ended === "done" && all?.failures ? { ...refusal, failures: all.failures } : refusal;
}

/** Gives a type that took too long some of its time back after a rest. @returns whether it has still less than others */
function forgive(schema: GuardedSchema): boolean {
  if (schema.budgetMs >= CHECK_BUDGET_MS) return false;
  const now = performance.now();
  if (now - schema.overranAtMs < FORGIVE_MS) return true;
  schema.budgetMs = Math.min(CHECK_BUDGET_MS, schema.budgetMs * 2);
  schema.overranAtMs = now;
  return schema.budgetMs < CHECK_BUDGET_MS;
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
