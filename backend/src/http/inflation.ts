import type { Buffer } from "node:buffer";
import type { IncomingMessage } from "node:http";
import { createGunzip, type Gunzip } from "node:zlib";
import type { Config } from "../config.js";
import { type ProblemError, problem } from "./problems.js";

/** Below this a body may inflate at any ratio: small repetitive bodies do, and do no harm. */
const RATIO_FREE_BYTES = 1024 * 1024;

/** What gzip may add to bytes that cannot be compressed: 5 in 16 KiB, and its frame. Also what may follow the compressed data. */
export const GZIP_EXTRA_BYTES = 64 * 1024;

/** What follows the compressed data is no data (gzip allows padding), yet it must be read before the next request of the connection. */
export function finishGzip(request: IncomingMessage, gunzip: Gunzip): void {
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
export function letGo(request: IncomingMessage, source: IncomingMessage | Gunzip): void {
  if (source !== request) {
    request.unpipe(source as Gunzip);
    (source as Gunzip).on("error", () => {}).destroy();
  }
  request.pause();
}

/** The request itself, or the stream that inflates it. */
export function inflating(
  request: IncomingMessage,
  config: Pick<Config, "MAX_INFLATION_RATIO">,
  wireBytes: () => number,
): IncomingMessage | Gunzip {
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

export function brokenBody(error: Error): ProblemError {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  if (code.startsWith("Z_")) return problem("invalid-request", `The body is not valid gzip (${code}).`);
  return brokenOff();
}

/** Nobody is left to read this; it ends the request in the log and the metrics. */
export function brokenOff(): ProblemError {
  return problem("invalid-request", "The body broke off before its end.");
}
