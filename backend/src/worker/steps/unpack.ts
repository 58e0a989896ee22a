import type { Step } from "../batch.js";

/** Entries → events. Run again over the same batch (after an outage) it begins afresh: what is stored already will be met there. */
export function unpack(): Step {
  return function unpackEntries(batch) {
    batch.startedAtMs = Date.now();
    batch.events = batch.entries.flatMap((entry) =>
      entry.records.map((record) => ({ entry, record, event: undefined, document: undefined, met: false, outcome: undefined })),
    );
  };
}
