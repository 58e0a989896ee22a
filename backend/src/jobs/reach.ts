import { setTimeout as sleep } from "node:timers/promises";
import { StorageUnavailableError } from "../lib/errors.js";
import { type Tenure, TenureOverError } from "./tenure.js";

/** The worker's circuit, as a job sees it. */
export interface Circuit {
  state(): string;
  admit(): Promise<void>;
  success(): void;
  failure(): void;
}

export type Reach = <T>(operation: () => Promise<T>) => Promise<T>;

const PAUSE_MS = 250;

/**
 * Repeats what an outage of MongoDB made fail, behind the circuit that live traffic waits at, too: nobody is blamed, and the job
 * continues afterwards.
 * @throws TenureOverError when the lease is lost or the worker ends meanwhile; whatever is no outage
 */
export function createReach(
  circuit: Circuit,
  tenure: Pick<Tenure, "held">,
  isStopping: () => boolean,
  onOutage: (error: Error) => void,
): Reach {
  // Only the answer to a trial is told: reads that succeed while live writes fail must not keep the circuit from opening.
  const succeeded = (): void => {
    if (circuit.state() === "half-open") circuit.success();
  };
  return async (operation) => {
    for (;;) {
      await circuit.admit();
      if (!tenure.held()) {
        circuit.failure();
        throw new TenureOverError("the lease is lost");
      }
      try {
        const result = await operation();
        succeeded();
        return result;
      } catch (error) {
        if (!(error instanceof StorageUnavailableError)) {
          succeeded();
          throw error;
        }
        circuit.failure();
        onOutage(error);
        if (isStopping()) throw new TenureOverError("the worker ends");
        await sleep(PAUSE_MS);
      }
    }
  };
}
