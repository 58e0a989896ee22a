import type { EventFormat } from "@streamforge/shared";
import type { TypeChecker } from "../../event-types/checker.js";
import type { ReadText } from "../../ingest/decode/decoder.js";
import { readText } from "../../ingest/decode/read-text.js";
import { readEvent } from "../../ingest/read-event.js";
import { type Step, undecided, type WorkEvent } from "../batch.js";
import { toDocument } from "../document.js";

/** What the types' schemas say, as far as building documents needs it. */
export type Shapes = Pick<TypeChecker, "ready" | "shapeOf">;

/**
 * Text → event → document. `storedAt` is never before the entry was appended, whatever this worker's clock says: an export knows by the
 * stream up to when everything is stored (`export/watermark.ts`). The gateway has checked the event before; what cannot be built here is a result, and does
 * not take its neighbours with it.
 * @param shapes what the types' schemas say of texts; `ready` throws StorageUnavailableError while nobody can tell
 * @param touch called with each event before it is looked at; for the test of an event that ends its worker
 */
export function toDocuments(shapes: Shapes, touch?: (event: WorkEvent) => void): Step {
  return async function buildDocuments(batch) {
    // What their schemas say is asked of texts alone; nobody may guess.
    if (batch.events.some(({ record, texts }) => texts ?? record.context.format === "xml")) await shapes.ready();
    const now = Date.now();
    for (const event of undecided(batch)) {
      touch?.(event);
      const { fault } = event.record.context;
      if (fault !== undefined) {
        // Its source could not refuse it; what it says is in the letter, and it is never looked at here.
        event.outcome = { kind: "dead", reason: "INVALID_EVENT", message: fault };
        continue;
      }
      const flaw = buildDocument(event, shapes, new Date(Math.max(now, event.entry.acceptedAtMs)));
      if (flaw !== undefined) event.outcome = { kind: "dead", reason: "UNPROCESSABLE", message: flaw };
    }
  };
}

/** @returns why it cannot be built: a flaw of the event. What else throws is a fault of ours, and stops the batch. */
function buildDocument(event: WorkEvent, shapes: Shapes, storedAt: Date): string | undefined {
  const { record, entry } = event;
  const { tenantId, format, defaultType } = record.context;
  const text = readOrError(format, record.text);
  if (text instanceof Error) return text.message;
  const read = readEvent(text, event.texts ?? format === "xml", defaultType, record.receivedAtMs, (type) => shapes.shapeOf(tenantId, type));
  if (Array.isArray(read)) return read.map((error) => `${error.pointer} ${error.detail}`).join("; ");
  event.event = read.event;
  event.document = toDocument(record, read, storedAt);
  if (entry.place !== undefined) event.document.entry = entry.place;
  // Of a retry alone: the id of an entry tells when its events were accepted otherwise.
  if (entry.place !== undefined && record.acceptedAtMs > 0) event.document.acceptedAt = new Date(record.acceptedAtMs);
  return undefined;
}

function readOrError(format: EventFormat, text: string): ReadText | Error {
  try {
    return readText(format, text);
  } catch (error) {
    return error as Error;
  }
}
