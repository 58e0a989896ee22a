import type { Buffer } from "node:buffer";
import type { IncomingMessage } from "node:http";
import type { Gunzip } from "node:zlib";
import type { Config } from "../config.js";
import { createBodyMemory } from "./body-memory.js";
import { brokenBody, brokenOff, finishGzip, GZIP_EXTRA_BYTES, inflating, letGo } from "./inflation.js";
import { createPieces } from "./pieces.js";
import { ProblemError, problem } from "./problems.js";

type BodyConfig = Pick<
  Config,
  | "MAX_BUFFERED_BYTES"
  | "MAX_BATCH_BYTES"
  | "BODY_FIRST_BYTE_TIMEOUT_MS"
  | "BODY_TIMEOUT_MS"
  | "MIN_BODY_BYTES_PER_SECOND"
  | "MAX_INFLATION_RATIO"
>;

/** A body in memory; `release` gives its bytes back to the budget when nothing refers to them any more. */
export interface HeldBody {
  bytes: Buffer;
  release(): void;
}

/** A body, chunk by chunk. */
export interface BodyChunks extends AsyncIterable<Buffer> {
  /** To be told how many bytes of it the consumer holds now. */
  holds(bytes: number): void;
  /** Ends the iteration, also while it waits: nothing more of the body is wanted. */
  leave(): void;
  /** Calls the listener when the body is given up before its end: it broke off, was too slow, had to give way, the process ends. */
  whenGivenUp(listener: () => void): void;
}

export interface BodyReader {
  /**
   * Reads a whole body, inflated.
   * @param owner whose share of the memory it takes (`callerOf`)
   * @param maxBytes most bytes after inflation, and on the wire
   * @param tooLarge the problem when there are more
   * @throws ProblemError: too large, too slow (408), not gzip (400), another encoding (415), no memory left (503 backlog-full)
   */
  read(request: IncomingMessage, owner: string, maxBytes: number, tooLarge: () => ProblemError): Promise<HeldBody>;
  /**
   * The body chunk by chunk, inflated, as fast as it is consumed. The inflated total is the consumer's to limit.
   * @param maxBytes most bytes on the wire, where gzip can hold much that inflates to nothing
   */
  chunks(request: IncomingMessage, owner: string, maxBytes: number): BodyChunks;
  /** Ends all bodies that are read chunk by chunk with this problem. */
  endChunks(error: ProblemError): void;
  bufferedBytes(): number;
  close(): void;
}

const SWEEP_MS = 500;
/** Nobody is called slow before this. */
const GRACE_MS = 5_000;

/** A body on its way in, as the sweeper judges it. */
interface Arrival {
  startedAtMs: number;
  wireBytes: number;
  /** Time spent waiting for us, which is not the client's fault, and since when it waits now. */
  pausedMs: number;
  pausedSinceMs: number | undefined;
  timeoutMs: number;
  fail(error: ProblemError): void;
}

function arrivalOf(timeoutMs: number, fail: (error: ProblemError) => void): Arrival {
  return { startedAtMs: Date.now(), wireBytes: 0, pausedMs: 0, pausedSinceMs: undefined, timeoutMs, fail };
}

const ageMs = ({ startedAtMs, pausedMs, pausedSinceMs }: Arrival, now: number): number => (pausedSinceMs ?? now) - startedAtMs - pausedMs;
const bytesPerSecond = (arrival: Arrival): number => (arrival.wireBytes * 1000) / Math.max(1, ageMs(arrival, Date.now()));

/**
 * Reads bodies within limits. One interval judges all that are on their way, so that a request costs no timer of its own;
 * all bodies share one budget of memory, so that overload is answered with 503 and not with a growing heap.
 */
export function createBodyReader(config: BodyConfig): BodyReader {
  const arrivals = new Set<Arrival>();
  /** Those that are read chunk by chunk. */
  const flowing = new Set<Arrival>();
  const totalBytes = config.MAX_BUFFERED_BYTES;
  // A share holds one batch at least, else none would ever be taken.
  const memory = createBodyMemory({ totalBytes, shareBytes: Math.max(totalBytes / 2, config.MAX_BATCH_BYTES) });

  const sweep = (): void => {
    const now = Date.now();
    for (const arrival of arrivals) {
      if (arrival.pausedSinceMs !== undefined) continue;
      const age = ageMs(arrival, now);
      const slow = age > GRACE_MS && bytesPerSecond(arrival) < config.MIN_BODY_BYTES_PER_SECOND;
      const silent = arrival.wireBytes === 0 && age > config.BODY_FIRST_BYTE_TIMEOUT_MS;
      if (silent || slow || age > arrival.timeoutMs) {
        arrival.fail(problem("request-timeout", `The body came too slowly: ${arrival.wireBytes} bytes in ${Math.round(age / 1000)} s.`));
      }
    }
  };
  const timer = setInterval(sweep, SWEEP_MS);
  timer.unref();

  const readWhole = (request: IncomingMessage, owner: string, maxBytes: number, tooLarge: () => ProblemError): Promise<HeldBody> =>
    new Promise((resolve, reject) => {
      const pieces = createPieces();
      let size = 0;
      const source = inflating(request, config, () => arrival.wireBytes);
      const arrival = arrivalOf(config.BODY_TIMEOUT_MS, (error) => end(error));
      const holding = memory.hold(owner, { bytesPerSecond: () => bytesPerSecond(arrival), giveWay: arrival.fail });
      const onWire = (chunk: Buffer): void => {
        arrival.wireBytes += chunk.length;
        if (arrival.wireBytes > maxBytes + GZIP_EXTRA_BYTES) end(tooLarge());
      };
      const onData = (chunk: Buffer): void => {
        size += chunk.length;
        if (size > maxBytes) end(tooLarge());
        else {
          pieces.add(chunk);
          holding.add(chunk.length);
        }
      };
      const onPlainData = (chunk: Buffer): void => {
        arrival.wireBytes += chunk.length;
        onData(chunk);
      };
      const onEnd = (): void => end();
      const onAborted = (): void => end(brokenOff());
      const onError = (error: Error): void => end(error instanceof ProblemError ? error : brokenBody(error));
      const end = (error?: Error): void => {
        arrivals.delete(arrival);
        request.off("data", onWire).off("aborted", onAborted);
        source.off("data", onData).off("data", onPlainData).off("end", onEnd).off("error", onError);
        if (!error) {
          if (source !== request) finishGzip(request, source as Gunzip);
          holding.whole();
          resolve({ bytes: pieces.together(), release: holding.release });
        } else {
          holding.release();
          letGo(request, source);
          reject(error);
        }
      };
      arrivals.add(arrival);
      request.on("aborted", onAborted);
      source.on("end", onEnd).on("error", onError);
      if (source === request) source.on("data", onPlainData);
      else {
        request.on("data", onWire);
        // Paused since the ratio is watched: a listener alone would wait for ever.
        source.on("data", onData).resume();
      }
      // Who left before we began to listen will not be heard leaving.
      if (request.destroyed) end(brokenOff());
    });

  const readChunks = (request: IncomingMessage, owner: string, maxBytes: number): BodyChunks => {
    let ending: ProblemError | "end" | "left" | undefined;
    let wake = (): void => {};
    let givenUp = (): void => {};
    const stop = (how: ProblemError | "end" | "left"): void => {
      ending ??= how;
      wake();
      if (how !== "end") givenUp();
    };
    const arrival = arrivalOf(Number.POSITIVE_INFINITY, stop);
    const source = inflating(request, config, () => arrival.wireBytes);
    const holding = memory.hold(owner, { bytesPerSecond: () => bytesPerSecond(arrival), giveWay: stop });
    let held = 0;
    const holds = (bytes: number): void => {
      holding.add(bytes - held);
      held = bytes;
    };
    const onWire = (chunk: Buffer): void => {
      arrival.wireBytes += chunk.length;
      if (arrival.wireBytes > maxBytes + GZIP_EXTRA_BYTES) stop(problem("batch-too-large", `The body has more than ${maxBytes} bytes.`));
    };
    const onReadable = (): void => wake();
    const onEnd = (): void => stop("end");
    const onError = (error: Error): void => stop(error instanceof ProblemError ? error : brokenBody(error));
    const onAborted = (): void => stop(brokenOff());

    async function* read(): AsyncGenerator<Buffer> {
      source.on("readable", onReadable).on("end", onEnd).on("error", onError);
      request.on("aborted", onAborted);
      if (source !== request) request.on("data", onWire);
      arrivals.add(arrival);
      flowing.add(arrival);
      if (request.destroyed) stop(brokenOff());
      try {
        for (;;) {
          // What came before the end is handed on before the end is told.
          const chunk = ending === undefined || ending === "end" ? (source.read() as Buffer | null) : null;
          if (chunk) {
            if (source === request) arrival.wireBytes += chunk.length;
            arrival.pausedSinceMs = Date.now();
            yield chunk;
            arrival.pausedMs += Date.now() - arrival.pausedSinceMs;
            arrival.pausedSinceMs = undefined;
          } else if (ending === "end" || ending === "left") {
            return;
          } else if (ending) {
            throw ending;
          } else {
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          }
        }
      } finally {
        arrivals.delete(arrival);
        flowing.delete(arrival);
        holding.release();
        request.off("data", onWire).off("aborted", onAborted);
        source.off("readable", onReadable).off("end", onEnd).off("error", onError);
        if (ending === "end" && source !== request) finishGzip(request, source as Gunzip);
        else if (ending !== "end") letGo(request, source);
      }
    }
    const whenGivenUp = (listener: () => void): void => {
      givenUp = listener;
      if (ending && ending !== "end") listener();
    };
    return { holds, leave: () => stop("left"), whenGivenUp, [Symbol.asyncIterator]: read };
  };

  return {
    read: readWhole,
    chunks: readChunks,
    endChunks: (error) => {
      for (const arrival of flowing) arrival.fail(error);
    },
    bufferedBytes: memory.heldBytes,
    close: () => clearInterval(timer),
  };
}
