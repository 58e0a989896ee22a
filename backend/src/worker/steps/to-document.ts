import { normalize } from "../../ingest/normalize.js";
import { type Step, undecided, type WorkEvent } from "../batch.js";
import { toDocument } from "../document.js";

/**
 * Text → event → document. The gateway has checked the event before; what cannot be built here is a result, found under a guard,
 * and does not take its neighbours with it.
 * @param touch called with each event before it is looked at; for the test of an event that ends its worker
 */
export function toDocuments(touch?: (event: WorkEvent) => void): Step {
  return function buildDocuments(batch) {
    const storedAt = new Date();
    for (const event of undecided(batch)) {
      touch?.(event);
      try {
        buildDocument(event, storedAt);
      } catch (error) {
        event.outcome = { kind: "dead", reason: "UNPROCESSABLE", message: (error as Error).message };
      }
    }
  };
}

function buildDocument(event: WorkEvent, storedAt: Date): void {
  const { record, entry } = event;
  const { text } = record;
  // Its time was checked when it came in; by now it may have waited longer than the clock allows for.
  const item = JSON.parse(text) as Record<string, unknown>;
  const normal = normalize(item, record.context.defaultType, Number.POSITIVE_INFINITY);
  if (Array.isArray(normal)) throw new Error(normal.map((error) => `${error.pointer} ${error.detail}`).join("; "));
  event.event = normal;
  event.document = toDocument(record, text, item, normal, storedAt);
  if (entry.place !== undefined) event.document.entry = entry.place;
}
