import { MongoBulkWriteError } from "mongodb";
import { outageOf } from "../lib/errors.js";

const DUPLICATE_KEY = 11000;

/** Runs an operation of MongoDB. @throws StorageUnavailableError for an outage; what blames the operation itself as it came */
export async function guarded<T>(operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    if (error instanceof MongoBulkWriteError && error.code === DUPLICATE_KEY) throw error;
    throw outageOf(error) ?? error;
  }
}

/** Two workers that write the same key at once: one of them gets "duplicate", and both are right. */
export function ignoreDuplicateKey(error: Error): void {
  if (!(error instanceof MongoBulkWriteError && error.code === DUPLICATE_KEY)) throw error;
}
