/** Where an export goes: a folder of this machine, or a bucket. Keys are paths with `/`, below the target's root. */
export interface ExportTarget {
  readonly kind: "local" | "s3";
  /**
   * A folder for the parts of a job while they are written. It is this worker's own; those that others had for the job are removed, so
   * that one that was frozen and wakes up late can publish nothing more.
   */
  stage(jobId: string): Promise<string>;
  /** Removes a folder that `stage` made. Does not fail. */
  unstage(folder: string): Promise<void>;
  /** What a disk says, in words that name the setting; other errors as they came. */
  explain(error: Error): Error;
  /** Makes a staged file appear under its key, whole or not at all. What is there is replaced. */
  publish(file: string, key: string): Promise<void>;
  /** The same with a text. */
  publishText(text: string, key: string): Promise<void>;
  /** Removes what is there; what is not there is removed already. */
  remove(key: string): Promise<void>;
  /** Bytes of what is there; undefined when there is nothing. */
  sizeOf(key: string): Promise<number | undefined>;
  /** A place as people write it: a path, or `s3://bucket/key`. */
  locate(key: string): string;
  close(): void;
}

/** The target cannot take it now: a bucket that answers 503, a network that stops. Trying again is right. */
export class TargetUnavailableError extends Error {
  override name = "TargetUnavailableError";
}

/** The target does not take it, and will not until somebody does something: no room, no permission, no such bucket. */
export class TargetRefusedError extends Error {
  override name = "TargetRefusedError";
}
