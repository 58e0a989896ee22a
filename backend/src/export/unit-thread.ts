import { constants, setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import { outageOf } from "../lib/errors.js";
import { connectStore } from "../store/mongo.js";
import { beginUnit, type Unit } from "./unit.js";
import type { ThreadSettings, UnitAnswer, UnitCall } from "./unit-calls.js";

/**
 * The thread in which an export reads, encodes and compresses (see `unit-host.ts`): 20 µs an event that must not stand in the way of
 * live ones.
 */
const settings = workerData as ThreadSettings;

// On Linux this is the priority of this thread alone: where processors are short, those who serve everybody come first.
if (process.platform === "linux") setPriority(constants.priority.PRIORITY_BELOW_NORMAL);

const store = connectStore(settings, settings.name);
// Anyone who asks first hears of it.
store.catch(() => {});
let unit: Unit | undefined;

async function answer(call: UnitCall): Promise<UnitAnswer> {
  if (call.call === "begin") {
    unit = beginUnit((await store).events, call.start);
    return { begun: true };
  }
  if (!unit) throw new Error("no unit is begun");
  if (call.call === "readPage") return { page: await unit.readPage() };
  if (call.call === "finish") return { end: await unit.finish() };
  return { counted: await unit.count() };
}

parentPort?.on("message", (call: UnitCall) => {
  answer(call)
    .catch((error: Error): UnitAnswer => {
      const { code } = error as { code?: unknown };
      return { error: error.message, outage: outageOf(error) !== undefined, ...(typeof code === "string" ? { code } : {}) };
    })
    .then((found) => parentPort?.postMessage(found));
});
