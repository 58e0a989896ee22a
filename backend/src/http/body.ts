import { Buffer } from "node:buffer";
import type { IncomingMessage } from "node:http";
import { createGunzip, type Gunzip } from "node:zlib";
import type { Config } from "../config.js";
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
   * @param maxBytes most bytes after inflation
   * @param tooLarge the problem when there are more
   * @throws ProblemError: too large, too slow (408), not gzip (400), another encoding (415), no memory left (503 backlog-full)
   */
  read(request: IncomingMessage, maxBytes: number, tooLarge: () => ProblemError): Promise<HeldBody>;
  /** The body chunk by chunk, inflated, as fast as it is consumed. The total is the consumer's to limit. */
  chunks(request: IncomingMessage): AsyncIterable<Buffer>;
  bufferedBytes(): number;
  close(): void;
}

const SWEEP_MS = 500;
/** Nobody is called slow before this. */
const GRACE_MS = 5_000;
/** Below this a body may inflate at any ratio: small repetitive bodies do, and do no harm. */
const RATIO_FREE_BYTES = 1024 * 1024;

/** A body on its way in, as the sweeper judges it. */
interface Arrival {
  startedAtMs: number;
  wireBytes: number;
  /** Time spent waiting for us, which is not the client's fault. */
  pausedMs: number;
  timeoutMs: number;
  fail(error: ProblemError): void;
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
      const parts: Buffer[] = [];
      let size = 0;
      let wireBytes = 0;
      const source = inflating(request, config, () => wireBytes);
      const arrival: Arrival = { startedAtMs: Date.now(), wireBytes: 0, pausedMs: 0, timeoutMs: config.BODY_TIMEOUT_MS, fail: (error) => end(error) };
      const onWire = (chunk: Buffer): void => {
        wireBytes += chunk.length;
        arrival.wireBytes = wireBytes;
      };
      const onData = (chunk: Buffer): void => {
        size += chunk.length;
        buffered += chunk.length;
        if (size > maxBytes) return end(tooLarge());
        if (buffered > config.MAX_BUFFERED_BYTES) return end(problem("backlog-full", "The server holds as many request bodies as it can."));
        parts.push(chunk);
      };
      const onEnd = (): void => end();
      const onAborted = (): void => end(problem("invalid-request", "The connection ended before the body did."));
      const onError = (error: Error): void => end(isProblem(error) ? error : brokenBody(error));
      const end = (error?: Error): void => {
        arrivals.delete(arrival);
        request.off("data", onWire);
        source.off("data", onData).off("end", onEnd).off("error", onError);
        request.off("aborted", onAborted);
        if (!error) {
          const held = size;
          return resolve({ bytes: parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts, size), release: () => void (buffered -= held) });
        }
        buffered -= size;
        if (source !== request) (source as Gunzip).on("error", () => {}).destroy();
        request.pause();
        reject(error);
      };
      arrivals.add(arrival);
      if (source !== request) request.on("data", onWire);
      source
        .on("data", source === request ? (chunk: Buffer) => (onWire(chunk), onData(chunk)) : onData)
        .on("end", onEnd)
        .on("error", onError);
      request.on("aborted", onAborted);
    });

  return {
    read: readWhole,
    async *chunks(request) {
      let wireBytes = 0;
      let failure: ProblemError | undefined;
      const source = inflating(request, config, () => wireBytes);
      const arrival: Arrival = {
        startedAtMs: Date.now(),
        wireBytes: 0,
        pausedMs: 0,
        timeoutMs: Number.POSITIVE_INFINITY,
        fail(error) {
          failure = error;
          source.destroy(error);
        },
      };
      if (source !== request) request.on("data", (chunk: Buffer) => (arrival.wireBytes = wireBytes += chunk.length));
      arrivals.add(arrival);
      try {
        // Not destroyed on an early exit: the answer goes out on the same connection.
        for await (const chunk of source.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
          if (source === request) arrival.wireBytes = wireBytes += chunk.length;
          const handedAtMs = Date.now();
          yield chunk;
          arrival.pausedMs += Date.now() - handedAtMs;
        }
      } catch (error) {
        throw failure ?? (isProblem(error) ? error : brokenBody(error as Error));
      } finally {
        arrivals.delete(arrival);
      }
    },
    bufferedBytes: () => buffered,
    close: () => clearInterval(timer),
  };
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
  request.on("aborted", () => gunzip.destroy(new Error("aborted")));
  return gunzip;
}

function isProblem(error: unknown): error is ProblemError {
  return error instanceof Error && error.name === "ProblemError";
}

function brokenBody(error: Error): ProblemError {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  if (code.startsWith("Z_")) return problem("invalid-request", `The body is not valid gzip (${code}).`);
  return problem("invalid-request", "The connection ended before the body did.");
}
