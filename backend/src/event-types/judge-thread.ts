import { answerQuestions } from "../lib/thread.js";
import { compileSchema, schemaFlaws } from "./compile.js";
import { createGuard } from "./guard.js";
import { CHECK_BUDGET_MS, type GuardedSchema, judgeGuarded, withinCpuTime } from "./guarded.js";
import type { Answer, Question } from "./judge.js";

/**
 * The thread in which schemas are compiled and payloads checked (see `judge.ts`): one question after the other, each within
 * its own budget of CPU time.
 */

/** A schema takes tens of milliseconds to compile; one that takes longer than this is refused. */
const COMPILE_BUDGET_MS = 1_000;
/** It was registered, so it compiled within its budget then: a slower machine must not make dead letters of its events. */
const AGAIN_BUDGET_MS = 4 * COMPILE_BUDGET_MS;
/** One type's turn. */
const SLICE_MS = 50;
/** Compiled schemas that are kept; the one that was not used for longest goes first. */
const KEPT = 200;

const guard = createGuard();
const schemas = new Map<string, GuardedSchema & { compileMs: number }>();

function answer(question: Question): Answer {
  if (question.kind === "examine") {
    let flaws = [{ pointer: "", detail: `takes longer than ${COMPILE_BUDGET_MS} ms to compile; make it smaller, its patterns first` }];
    withinCpuTime(
      guard,
      () => {
        flaws = schemaFlaws(question.schema);
      },
      COMPILE_BUDGET_MS,
    );
    return { flaws };
  }
  const schema = schemaOf(question.schema);
  if (typeof schema === "string") return { broken: schema };
  const { weight, prepareExact } = schema.compiled;
  if (question.jobs.some(({ text }) => text !== undefined)) withinCpuTime(guard, prepareExact, AGAIN_BUDGET_MS);
  return { weight, compileMs: schema.compileMs, results: judgeGuarded(guard, schema, question.jobs, SLICE_MS) };
}

/** @returns why it cannot be used, when it cannot */
function schemaOf(text: string): (GuardedSchema & { compileMs: number }) | string {
  let schema = schemas.get(text);
  if (!schema) {
    try {
      schema = compile(text);
    } catch (error) {
      return (error as Error).message;
    }
  }
  // The last in the map is the one that was used last.
  schemas.delete(text);
  schemas.set(text, schema);
  if (schemas.size > KEPT) schemas.delete(schemas.keys().next().value as string);
  return schema;
}

function compile(text: string): GuardedSchema & { compileMs: number } {
  const before = process.threadCpuUsage();
  let compiled: GuardedSchema["compiled"] | undefined;
  let error: unknown;
  withinCpuTime(
    guard,
    () => {
      try {
        const made = compileSchema(text);
        made.prepareFirst();
        compiled = made;
      } catch (thrown) {
        error = thrown;
      }
    },
    AGAIN_BUDGET_MS,
  );
  if (error) throw error;
  if (!compiled) throw new Error(`it takes longer than ${AGAIN_BUDGET_MS} ms to compile`);
  const { user, system } = process.threadCpuUsage(before);
  return { compiled, compileMs: (user + system) / 1000, budgetMs: CHECK_BUDGET_MS, overranAtMs: 0 };
}

// The first schema takes many times as long as the next: no tenant's is measured by that.
compileSchema('{"properties":{"a":{"type":"string","pattern":"^[a-z]+$","format":"date-time"}},"required":["a"]}').prepareFirst();

answerQuestions<Question, Answer>((question) => {
  try {
    return { answer: answer(question) };
  } catch (error) {
    return { answer: { error: (error as Error).message } };
  }
});
