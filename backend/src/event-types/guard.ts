import { createContext, Script } from "node:vm";

/** How a piece of work ended. */
export type Guarded = "done" | "too-long";

/**
 * Runs synchronous work that ends in time, whatever it does: V8 gives up when its time is over. That costs 180 µs a run
 * (a watchdog thread), so many checks share one. Work that throws, throws.
 */
export interface Guard {
  run(work: () => void, budgetMs: number): Guarded;
}

export function createGuard(): Guard {
  // Only a script can be given a time limit, not a function: the script is the call.
  const context = createContext({ work: undefined as (() => void) | undefined });
  const script = new Script("work()");
  return {
    run(work, budgetMs) {
      context.work = work;
      try {
        script.runInContext(context, { timeout: budgetMs });
        return "done";
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ERR_SCRIPT_EXECUTION_TIMEOUT") return "too-long";
        throw error;
      } finally {
        context.work = undefined;
      }
    },
  };
}
