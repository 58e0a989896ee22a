import { Worker } from "node:worker_threads";
import { StorageUnavailableError } from "../lib/errors.js";
import type { PageRead, UnitEnd, UnitStart } from "./unit.js";
import type { ThreadSettings, UnitAnswer, UnitCall } from "./unit-calls.js";

/** The units of one export, in a thread beside the worker's event loop. Calls as in `Unit`, one at a time. */
export interface UnitHost {
  begin(start: UnitStart): Promise<void>;
  readPage(): Promise<PageRead>;
  finish(): Promise<UnitEnd>;
  count(): Promise<number>;
  close(): Promise<void>;
}

/** Under vitest, which runs the sources, the thread is the compiled program. */
const PROGRAM = new URL(import.meta.url.endsWith(".ts") ? "../../dist/export/unit-thread.js" : "./unit-thread.js", import.meta.url);
/** Two row groups, a page of documents, and what the collector has not found yet. */
const HEAP_MB = 320;
/** A count of half a million documents may take longer than a live operation may. */
const LEAST_TIMEOUT_MS = 30_000;

/** @throws from its calls: StorageUnavailableError when MongoDB cannot do it now; a system error with its `code` when the disk cannot */
export function startUnitHost({ MONGODB_URI, MONGODB_DATABASE, MONGO_TIMEOUT_MS, ALLOW_UNSAFE, name }: ThreadSettings): UnitHost {
  const workerData: ThreadSettings = {
    MONGODB_URI,
    MONGODB_DATABASE,
    MONGO_TIMEOUT_MS: Math.max(LEAST_TIMEOUT_MS, MONGO_TIMEOUT_MS),
    ALLOW_UNSAFE,
    name,
  };
  const worker = new Worker(PROGRAM, { workerData, resourceLimits: { maxOldGenerationSizeMb: HEAP_MB } });
  let dead: Error | undefined;
  worker.on("error", (error) => {
    dead = error;
  });
  worker.on("exit", () => {
    dead ??= new Error("the export's thread has ended");
  });

  const ask = (call: UnitCall): Promise<UnitAnswer> =>
    new Promise((resolve, reject) => {
      if (dead) {
        reject(dead);
        return;
      }
      const done = (settle: () => void): void => {
        worker.off("message", answered);
        worker.off("exit", ended);
        settle();
      };
      const answered = (answer: UnitAnswer): void => done(() => ("error" in answer ? reject(errorOf(answer)) : resolve(answer)));
      const ended = (): void => done(() => reject(dead));
      worker.on("message", answered);
      worker.on("exit", ended);
      worker.postMessage(call);
    });

  return {
    begin: async (start) => void (await ask({ call: "begin", start })),
    readPage: async () => ((await ask({ call: "readPage" })) as { page: PageRead }).page,
    finish: async () => ((await ask({ call: "finish" })) as { end: UnitEnd }).end,
    count: async () => ((await ask({ call: "count" })) as { counted: number }).counted,
    close: async () => void (await worker.terminate()),
  };
}

function errorOf({ error, outage, code }: Extract<UnitAnswer, { error: string }>): Error {
  if (outage) return new StorageUnavailableError("mongodb", error);
  return Object.assign(new Error(error), code === undefined ? {} : { code });
}
