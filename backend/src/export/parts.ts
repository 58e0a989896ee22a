import type { ExportPartDocument } from "../store/documents.js";
import { guarded } from "../store/guarded.js";
import type { Store } from "../store/mongo.js";

/**
 * The list of parts of all exports, in MongoDB. A part is listed before it appears, as pending, and is settled once its job's row is
 * behind its unit. One that is still pending when somebody takes the job was in hand when a worker died.
 */
export interface ExportParts {
  /** Lists the parts of a unit that are about to appear. */
  list(parts: ExportPartDocument[]): Promise<void>;
  /** The parts of the first `units` units of a job are there for good. */
  settle(jobId: string, units: number): Promise<void>;
  pending(jobId: string): Promise<ExportPartDocument[]>;
  /** Takes what is pending off the list. */
  forget(jobId: string): Promise<void>;
  /** Jobs that have pending parts. */
  jobsInHand(): Promise<string[]>;
  /** The settled parts of a job, in the order in which they were written. */
  of(jobId: string): AsyncIterable<ExportPartDocument>;
}

export function createExportParts({ exportParts }: Pick<Store, "exportParts">): ExportParts {
  return {
    async list(parts) {
      // Listed by us before the answer was lost, it is listed.
      const upserts = parts.map((part) => ({ replaceOne: { filter: { _id: part._id }, replacement: part, upsert: true } }));
      if (upserts.length > 0) await guarded(() => exportParts.bulkWrite(upserts, { ordered: false }));
    },
    async settle(jobId, units) {
      await guarded(() => exportParts.updateMany({ jobId, unit: { $lte: units }, pending: true }, { $unset: { pending: 1 } }));
    },
    pending: (jobId) => guarded(() => exportParts.find({ jobId, pending: true }).toArray()),
    async forget(jobId) {
      await guarded(() => exportParts.deleteMany({ jobId, pending: true }));
    },
    jobsInHand: () => guarded(() => exportParts.distinct("jobId", { pending: true })),
    of: (jobId) => exportParts.find({ jobId, pending: { $exists: false } }).sort({ jobId: 1, unit: 1, _id: 1 }),
  };
}
