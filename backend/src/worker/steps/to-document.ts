import type { EventFormat } from "@streamforge/shared";
import type { ReadText } from "../../ingest/decode/decoder.js";
import { readText } from "../../ingest/decode/read-text.js";
import { normalize } from "../../ingest/normalize.js";
import { type Step, undecided, type WorkEvent } from "../batch.js";
import { toDocument } from "../document.js";

/**
 * Text → event → document. `storedAt` is never before the entry was appended, whatever this worker's clock says: an export knows by the
 * stream up to when everything is stored (`export/watermark.ts`). The gateway has checked the event before; what cannot be built here is a result, and does
 * not take its neighbours with it.
 * @param touch called with each event before it is looked at; for the test of an event that ends its worker
 */
export function toDocuments(touch?: (event: WorkEvent) => void): Step {
  return function buildDocuments(batch) {
    const now = Date.now();
    for (const event of undecided(batch)) {
      touch?.(event);
      const { fault } = event.record.context;
      if (fault !== undefined) {
        // Its source could not refuse it; what it says is in the letter, and it is never looked at here.
        event.outcome = { kind: "dead", reason: "INVALID_EVENT", message: fault };
        continue;
      }
      const flaw = buildDocument(event, new Date(Math.max(now, event.entry.acceptedAtMs)));
      if (flaw !== undefined) event.outcome = { kind: "dead", reason: "UNPROCESSABLE", message: flaw };
    }
  };
}

/** @returns why it cannot be built: a flaw of the event. What else throws is a fault of ours, and stops the batch. */
function buildDocument(event: WorkEvent, storedAt: Date): string | undefined {
  const { record, entry } = event;
  const { text } = record;
  const read = readOrError(record.context.format, text);
  if (read instanceof Error) return read.message;
  const normal = normalize(read.value, read.json, record.context.defaultType, record.receivedAtMs);
  if (Array.isArray(normal)) return normal.map((error) => `${error.pointer} ${error.detail}`).join("; ");
  event.event = normal;
  event.document = toDocument(record, read, normal, storedAt);
  if (entry.place !== undefined) event.document.entry = entry.place;
  return undefined;
}

function readOrError(format: EventFormat, text: string): ReadText | Error {
  try {
    return readText(format, text);
  } catch (error) {
    return error as Error;
  }
}
