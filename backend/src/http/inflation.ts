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
  // x-gzip is gzip (RFC 9110, 8.4.1.3).
  if (encoding !== "gzip" && encoding !== "x-gzip") throw unsupportedEncoding(encoding);
  const gunzip = createGunzip();
  request.once("data", (chunk: Buffer) => heads.set(gunzip, chunk.subarray(0, 2)));
  gunzip.once("error", (error) => sentInstead.set(error, heads.get(gunzip)));
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

/** The first bytes of what should be gzip, for the answer when it is not. */
const heads = new WeakMap<Gunzip, Buffer>();
const sentInstead = new WeakMap<Error, Buffer | undefined>();

function unsupportedEncoding(encoding: string): ProblemError {
  const detail = `Content-Encoding "${encoding.slice(0, 100)}" is not taken: send gzip, or no encoding.`;
  return problem("unsupported-media-type", detail, { title: "The content encoding is not supported" }, { "Accept-Encoding": "gzip" });
}

export function brokenBody(error: Error): ProblemError {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  if (!code.startsWith("Z_")) return brokenOff();
  const head = sentInstead.get(error);
  if (code === "Z_BUF_ERROR") return problem("invalid-request", "The body is gzip that ends before its end: it was cut off.");
  if (head && !(head[0] === 0x1f && head[1] === 0x8b)) {
    const found = [...head].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const detail = `Content-Encoding says gzip, but the body begins with ${found} and gzip with 1f 8b: compress it, or send no Content-Encoding.`;
    return problem("invalid-request", detail);
  }
  return problem("invalid-request", `The body is not valid gzip (${code}): it was damaged on its way.`);
}

/** Nobody is left to read this; it ends the request in the log and the metrics. */
export function brokenOff(): ProblemError {
  return problem("invalid-request", "The body broke off before its end.");
}
