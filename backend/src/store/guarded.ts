import { MongoBulkWriteError, type WriteError } from "mongodb";
import { outageOf, StorageUnavailableError } from "../lib/errors.js";

export const DUPLICATE_KEY = 11000;

/** Refused for what the document is: InvalidBSON, names with $ or ., DocumentValidationFailure, BSONObjectTooLarge, key too long. */
const REFUSED = new Set([22, 52, 55, 56, 57, 121, 10334, 17280, 17282]);

/** Whether a code blames the document: it will never be stored. */
export function isRefused(code: number): boolean {
  return REFUSED.has(code);
}

/** Runs an operation of MongoDB. @throws StorageUnavailableError for an outage; what blames the operation itself as it came */
export async function guarded<T>(operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    throw outageOf(error) ?? error;
  }
}

/**
 * Runs an unordered bulk write.
 * @returns what was refused, by its place in the bulk; all the rest is written
 * @throws StorageUnavailableError when it is not known of all the rest that it is written
 */
export async function refusedBy(bulk: () => Promise<unknown>): Promise<WriteError[]> {
  try {
    await bulk();
    return [];
  } catch (error) {
    if (!(error instanceof MongoBulkWriteError)) throw outageOf(error) ?? error;
    // With a write-concern error the list on the error itself can be empty: only the result tells.
    const writeConcern = error.result.getWriteConcernError();
    if (writeConcern) throw new StorageUnavailableError("mongodb", `write concern: ${writeConcern.errmsg}`);
    // The driver wraps what ended the bulk on its way, such as a lost connection, as well: without a list of its own. The result may
    // then have refusals of the messages before, and nothing of those behind.
    if ([error.writeErrors].flat().length === 0) throw new StorageUnavailableError("mongodb", error.message, error);
    return error.result.getWriteErrors();
  }
}

/**
 * Runs an unordered bulk of upserts or inserts of what is the same, written by any process. When two processes write one key at once, one
 * of them gets "duplicate key", and both are right.
 * @param what for the message
 */
export async function writeOnce(what: string, bulk: () => Promise<unknown>): Promise<void> {
  const others = (await refusedBy(bulk)).filter(({ code }) => code !== DUPLICATE_KEY);
  if (others.length > 0) throw notWritten(what, others);
}

/** An outage, unless a document itself was refused: then we made one that MongoDB cannot hold. */
export function notWritten(what: string, errors: WriteError[]): Error {
  const message = `${what} not written: ${errors[0]?.errmsg}`;
  return errors.some(({ code }) => isRefused(code)) ? new Error(message) : new StorageUnavailableError("mongodb", message);
}
