import type { Buffer } from "node:buffer";
import type { IncomingMessage } from "node:http";
import { createGunzip, type Gunzip } from "node:zlib";
import type { Config } from "../config.js";
import { createPieces } from "./pieces.js";
import { type ProblemError, problem } from "./problems.js";

type BodyConfig = Pick<
  Config,
  "MAX_BUFFERED_BYTES" | "BODY_FIRST_BYTE_TIMEOUT_MS" | "BODY_TIMEOUT_MS" | "MIN_BODY_BYTES_PER_SECOND" | "MAX_INFLATION_RATIO"
>;

/** A body in memory; `release` gives its bytes back to the budget when nothing refers to them any more. */
export interface HeldBody {
  bytes: Buffer;
  release(): void;
}

export interface BodyReader {
  /**
   * Reads a whole body, inflated.
   * @param maxBytes most bytes after inflation, and on the wire
   * @param tooLarge the problem when there are more
   * @throws ProblemError: too large, too slow (408), not gzip (400), another encoding (415), no memory left (503 backlog-full)
   */
  read(request: IncomingMessage, maxBytes: number, tooLarge: () => ProblemError): Promise<HeldBody>;
  /**
   * The body chunk by chunk, inflated, as fast as it is consumed. The inflated total is the consumer's to limit.
   * @param maxBytes most bytes on the wire, where gzip can hold much that inflates to nothing
   */
  chunks(request: IncomingMessage, maxBytes: number): AsyncIterable<Buffer>;
  bufferedBytes(): number;
  close(): void;
}

const SWEEP_MS = 500;
/** Nobody is called slow before this. */
const GRACE_MS = 5_000;
/** Below this a body may inflate at any ratio: small repetitive bodies do, and do no harm. */
const RATIO_FREE_BYTES = 1024 * 1024;

/** What gzip may add to bytes that cannot be compressed: 5 in 16 KiB, and its frame. Also what may follow the compressed data. */
const GZIP_EXTRA_BYTES = 64 * 1024;

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

/**
 * Reads bodies within limits. One interval judges all that are on their way, so that a request costs no timer of its own;
 * all bodies share one budget of memory, so that overload is answered with 503 and not with a growing heap.
 */
export function createBodyReader(config: BodyConfig): BodyReader {
  const arrivals = new Set<Arrival>();
  let buffered = 0;

  const sweep = (): void => {
    const now = Date.now();
    for (const arrival of arrivals) {
      if (arrival.pausedSinceMs !== undefined) continue;
      const age = now - arrival.startedAtMs - arrival.pausedMs;
      const slow = age > GRACE_MS && (arrival.wireBytes * 1000) / age < config.MIN_BODY_BYTES_PER_SECOND;
      const silent = arrival.wireBytes === 0 && age > config.BODY_FIRST_BYTE_TIMEOUT_MS;
      if (silent || slow || age > arrival.timeoutMs) {
        arrival.fail(problem("request-timeout", `The body came too slowly: ${arrival.wireBytes} bytes in ${Math.round(age / 1000)} s.`));
      }
    }
  };
  const timer = setInterval(sweep, SWEEP_MS);
  timer.unref();

  const readWhole = (request: IncomingMessage, maxBytes: number, tooLarge: () => ProblemError): Promise<HeldBody> =>
    new Promise((resolve, reject) => {
      const pieces = createPieces();
      let size = 0;
      const source = inflating(request, config, () => arrival.wireBytes);
      const arrival = arrivalOf(config.BODY_TIMEOUT_MS, (error) => end(error));
      const onWire = (chunk: Buffer): void => {
        arrival.wireBytes += chunk.length;
        if (arrival.wireBytes > maxBytes + GZIP_EXTRA_BYTES) end(tooLarge());
      };
      const onData = (chunk: Buffer): void => {
        size += chunk.length;
        buffered += chunk.length;
        if (size > maxBytes) end(tooLarge());
        else if (buffered > config.MAX_BUFFERED_BYTES) end(problem("backlog-full", "The server holds as many request bodies as it can."));
        else pieces.add(chunk);
      };
      const onPlainData = (chunk: Buffer): void => {
        arrival.wireBytes += chunk.length;
        onData(chunk);
      };
      const onEnd = (): void => end();
      const onAborted = (): void => end(brokenOff());
      const onError = (error: Error): void => end(isProblem(error) ? error : brokenBody(error));
      const end = (error?: Error): void => {
        arrivals.delete(arrival);
        request.off("data", onWire).off("aborted", onAborted);
        source.off("data", onData).off("data", onPlainData).off("end", onEnd).off("error", onError);
        if (!error) {
          const held = size;
          if (source !== request) finishGzip(request, source as Gunzip);
          const release = (): void => {
            buffered -= held;
          };
          resolve({ bytes: pieces.together(), release });
        } else {
          buffered -= size;
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

  return {
    read: readWhole,
    async *chunks(request, maxBytes) {
      let ending: ProblemError | "end" | undefined;
      let wake = (): void => {};
      const stop = (how: ProblemError | "end"): void => {
        ending ??= how;
        wake();
      };
      const arrival = arrivalOf(Number.POSITIVE_INFINITY, stop);
      const source = inflating(request, config, () => arrival.wireBytes);
      const onWire = (chunk: Buffer): void => {
        arrival.wireBytes += chunk.length;
        if (arrival.wireBytes > maxBytes + GZIP_EXTRA_BYTES) stop(problem("batch-too-large", `The body has more than ${maxBytes} bytes.`));
      };
      const onReadable = (): void => wake();
      const onEnd = (): void => stop("end");
      const onError = (error: Error): void => stop(isProblem(error) ? error : brokenBody(error));
      const onAborted = (): void => stop(brokenOff());
      source.on("readable", onReadable).on("end", onEnd).on("error", onError);
      request.on("aborted", onAborted);
      if (source !== request) request.on("data", onWire);
      arrivals.add(arrival);
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
          } else if (ending === "end") {
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
        request.off("data", onWire).off("aborted", onAborted);
        source.off("readable", onReadable).off("end", onEnd).off("error", onError);
        if (ending === "end" && source !== request) finishGzip(request, source as Gunzip);
        else if (ending !== "end") letGo(request, source);
      }
    },
    bufferedBytes: () => buffered,
    close: () => clearInterval(timer),
  };
}

/** What follows the compressed data is no data (gzip allows padding), yet it must be read before the next request of the connection. */
function finishGzip(request: IncomingMessage, gunzip: Gunzip): void {
  request.unpipe(gunzip);
  gunzip.on("error", () => {}).destroy();
  let padding = 0;
  request.on("data", (chunk: Buffer) => {
    padding += chunk.length;
    if (padding > GZIP_EXTRA_BYTES) request.destroy();
  });
  request.resume();
}

/** Stops reading. The connection stays: the answer goes out on it. */
function letGo(request: IncomingMessage, source: IncomingMessage | Gunzip): void {
  if (source !== request) {
    request.unpipe(source as Gunzip);
    (source as Gunzip).on("error", () => {}).destroy();
  }
  request.pause();
}

/** The request itself, or the stream that inflates it. */
function inflating(request: IncomingMessage, config: BodyConfig, wireBytes: () => number): IncomingMessage | Gunzip {
  const encoding = request.headers["content-encoding"]?.trim().toLowerCase();
  if (encoding === undefined || encoding === "" || encoding === "identity") return request;
  if (encoding !== "gzip") throw problem("unsupported-media-type", `Content-Encoding "${encoding}" is not supported; send gzip or none.`);
  const gunzip = createGunzip();
  let inflated = 0;
  gunzip.on("data", (chunk: Buffer) => {
    inflated += chunk.length;
    if (inflated > RATIO_FREE_BYTES && inflated > wireBytes() * config.MAX_INFLATION_RATIO) {
      gunzip.destroy(problem("batch-too-large", `The body inflates more than ${config.MAX_INFLATION_RATIO} times.`));
    }
  });
  gunzip.pause();
  request.pipe(gunzip);
  return gunzip;
}

function isProblem(error: unknown): error is ProblemError {
  return error instanceof Error && error.name === "ProblemError";
}

function brokenBody(error: Error): ProblemError {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  if (code.startsWith("Z_")) return problem("invalid-request", `The body is not valid gzip (${code}).`);
  return brokenOff();
}

/** Nobody is left to read this; it ends the request in the log and the metrics. */
function brokenOff(): ProblemError {
  return problem("invalid-request", "The body broke off before its end.");
}
