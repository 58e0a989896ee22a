import type { LetterStore } from "../dead-letters/letters.js";
import type { Contents } from "../store/contents.js";
import type { ErasureWatch } from "../store/erasure-watch.js";
import type { EventStore } from "../store/events.js";
import type { Store } from "../store/mongo.js";
import type { Traces } from "../telemetry/traces.js";
import { type Batch, pipeline, type Step, type WorkEvent } from "./batch.js";
import { asSpan, bulkAttributes, settleAttributes, traced } from "./batch-trace.js";
import { classify } from "./steps/classify.js";
import { deadLetter } from "./steps/dead-letter.js";
import { decidedBefore } from "./steps/decided-before.js";
import { keepOut, takeBack, waitForErasure } from "./steps/erased.js";
import { type RetryDelays, settle } from "./steps/settle.js";
import { storeMany } from "./steps/store-many.js";
import { supersede } from "./steps/supersede.js";
import { type Tell, tellWaiting } from "./steps/tell-waiting.js";
import { type Shapes, toDocuments } from "./steps/to-document.js";
import { unpack } from "./steps/unpack.js";

/** Points of the pipeline where a test may end the process. */
export type WorkerPoint = "before-write" | "after-write" | "before-settle" | "after-settle";

export interface PipelineParts {
  events: EventStore;
  contents: Contents;
  letters: LetterStore;
  store: Store;
  erasures: ErasureWatch;
  checkTypes: Step;
  shapes: Shapes;
  tell: Tell;
  worker: string;
  maxAttempts: number;
  delays: RetryDelays;
  isStopping: () => boolean;
  traces: Traces;
  /** For tests: called with each event before it is looked at, and at the points above. */
  touch?: (event: WorkEvent) => void;
  at?: (point: WorkerPoint) => void;
}

export interface Pipelines {
  /** The way of a batch: from entries to settled. */
  process(batch: Batch): Promise<void>;
  /** The same without the last steps, for events that are tried alone; `finish` settles their entry. */
  tryAlone(batch: Batch): Promise<void>;
  finish(batch: Batch): Promise<void>;
  /** The last step alone, for events that all go into the retry set. */
  putOff(batch: Batch): Promise<void>;
}

export function createPipelines(parts: PipelineParts): Pipelines {
  const { events, contents, letters, store, erasures, checkTypes, worker, maxAttempts, delays } = parts;
  const point = (name: WorkerPoint) => () => parts.at?.(name);

  const decide = [
    decidedBefore(letters), //    what an earlier worker decided stands
    toDocuments(parts.shapes, parts.touch), //  text → document; what cannot be built → dead letter
    keepOut(erasures), //         what was erased, and users that are blocked
    checkTypes, //               type registered? payload fits its schema? else → dead letter
    point("before-write"),
    asSpan("insert events", bulkAttributes, storeMany(events)), // one unordered majority bulk
    point("after-write"),
    classify(events, contents), // stored | duplicate | conflict | try again
    waitForErasure(erasures, store), // no duplicate of what is about to go
  ];
  const settling = settle({ delays, letters, isStopping: parts.isStopping });
  const settled = asSpan("settle events", settleAttributes, settling); // XACK + XDEL + ledger + retries, only what is durable
  const conclude = [
    deadLetter({ letters, store: events, worker, maxAttempts }), // last, it may find that something is stored after all
    supersede(letters), //        open letters of what is stored now
    point("before-settle"),
    settled,
    point("after-settle"),
    takeBack(erasures, store), // what a worker that was late has written of an erased user
    tellWaiting(parts.tell), //   who waits for an answer hears it
  ];
  return {
    process: traced(parts.traces, pipeline(unpack(), ...decide, ...conclude)),
    tryAlone: pipeline(...decide),
    finish: pipeline(...conclude),
    putOff: pipeline(settled),
  };
}
