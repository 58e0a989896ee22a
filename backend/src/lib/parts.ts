import { within } from "./within.js";

/** What a process is made of. Each part is closed before those that were there when it was made: it may use them until its end. */
export interface Parts {
  /** @returns the part */
  keep<T extends { close(): unknown }>(part: T): T;
  /** For what is closed by another name. */
  defer(close: () => unknown): void;
}

export interface Composed<T> {
  running: T;
  /** Closes all parts in the reverse order of their making. */
  close(): Promise<void>;
}

/** A part that waits for a store that hangs must not hold up those after it. */
const LONGEST_CLOSE_MS = 1_000;

/**
 * Makes a process of parts. When that fails half-way, what was made until then is closed before the error is thrown: no timer, connection
 * or heartbeat stays of a process that never ran.
 * @param onError called when a part could not be closed, or not in time; the others are closed all the same
 */
export async function compose<T>(make: (parts: Parts) => Promise<T>, onError: (error: Error) => void): Promise<Composed<T>> {
  const stack = new AsyncDisposableStack();
  const defer = (close: () => unknown, mostMs = LONGEST_CLOSE_MS): void =>
    stack.defer(async () => {
      await within(mostMs, "a part that is being closed", (async () => close())()).catch(onError);
    });
  const parts: Parts = {
    keep(part) {
      defer(() => part.close());
      return part;
    },
    defer: (close) => defer(close),
  };
  try {
    return { running: await make(parts), close: () => stack.disposeAsync() };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}
