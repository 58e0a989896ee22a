import { Cron } from "croner";

/** What is wrong with a cron expression; undefined when it names a time that will come. */
export function cronFault(expression: string): string | undefined {
  try {
    return new Cron(expression, { paused: true, timezone: "UTC" }).nextRun() ? undefined : "names no time that will ever come";
  } catch (error) {
    return `is no cron expression (${(error as Error).message}); five fields, as in 15 3 * * *`;
  }
}
