import { Cron } from "croner";

/** What is wrong with a cron expression; undefined when it names a time that will come. */
export function cronFault(expression: string): string | undefined {
  try {
    return new Cron(expression, { paused: true, timezone: "UTC" }).nextRun() ? undefined : "names no time that will ever come";
  } catch (error) {
    return `is no cron expression (${(error as Error).message}); five fields, as in 15 3 * * *`;
  }
}

/** The last time that a cron expression named, in UTC; undefined when there was none in reach. @param before inclusive */
export function lastRun(expression: string, before: Date): Date | undefined {
  // A run at that very second counts.
  return new Cron(expression, { paused: true, timezone: "UTC" }).previousRuns(1, new Date(before.getTime() + 1))[0];
}
