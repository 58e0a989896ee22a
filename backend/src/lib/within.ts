import { TimeoutError } from "./errors.js";

/**
 * Rejects after `timeoutMs`. The work itself continues; its late result is dropped.
 * @param what who should have answered, as the error names it: "Redis", "MongoDB", "Postgres"
 * @throws TimeoutError
 */
export function within<T>(timeoutMs: number, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TimeoutError(what, timeoutMs)), timeoutMs);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
