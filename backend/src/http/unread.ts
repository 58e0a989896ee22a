import type { Buffer } from "node:buffer";
import type { IncomingMessage } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import { LINGER_MS } from "./connections.js";

/** A body that was answered unread is let run out when it is this small; beyond, the connection is closed. */
const SMALL_BODY_BYTES = 64 * 1024;

/** How long a small one may take for that. */
const RUN_OUT_MS = 10_000;

/**
 * What is read from closing connections only to be thrown away, of all of them together. 900 bodies of 1 MiB that nobody wanted
 * made others wait for 430 ms. A client that sends more may see a reset instead of its answer, unless it reads while it sends.
 */
const DRAINED_BYTES_PER_SECOND = 16 * 1024 * 1024;

/** Before an answer is sent: what is left of the request's body would be read to its end for nothing, or keep the connection for ever. */
export function leaveUnread(request: FastifyRequest, reply: FastifyReply): void {
  const { raw } = request;
  if (raw.complete || raw.readableEnded) return;
  const { "content-length": length, "transfer-encoding": chunked } = raw.headers;
  const rest = chunked !== undefined ? Number.POSITIVE_INFINITY : Number(length ?? 0);
  // It is paused when we gave up reading it: too slow, too large.
  if (rest > SMALL_BODY_BYTES || (rest > 0 && raw.isPaused())) closeAfterAnswer(request, reply);
  else if (rest > 0) letRunOut(raw);
}

/** A small body has some time to arrive; its connection then serves the next request. */
function letRunOut(raw: IncomingMessage): void {
  const timer = setTimeout(() => raw.socket.destroy(), RUN_OUT_MS);
  timer.unref();
  raw.once("close", () => clearTimeout(timer));
}

/**
 * Closes the connection behind the answer, yet not at once: to a close with unread bytes the kernel adds a reset, which takes
 * the answer from the client before it has read it (measured: 10 of 10 uploads over the limit saw ECONNRESET and no 413).
 */
function closeAfterAnswer(request: FastifyRequest, reply: FastifyReply): void {
  reply.header("Connection", "close");
  lingerAfterAnswer(request.raw);
}

/** For an answer that said `Connection: close`, and before whose end not all of the request was read. */
export function lingerAfterAnswer(raw: IncomingMessage): void {
  const { socket } = raw;
  socket.destroySoon = () => {
    socket.end();
    const timer = setTimeout(() => socket.destroy(), LINGER_MS);
    // Not a request more on this connection, whatever is pipelined behind the body.
    const close = (): void => void socket.destroy();
    if (raw.readableEnded) return close();
    raw.once("end", close);
    socket.once("close", () => clearTimeout(timer));
  };
  raw.on("data", (chunk: Buffer) => {
    if (mayDrain(chunk.length)) return;
    // The socket as well: the request alone would continue to fill its buffers, 128 KiB of each connection.
    raw.pause();
    socket.pause();
  });
  raw.resume();
}

let drainedSinceMs = 0;
let drainedBytes = 0;

function mayDrain(bytes: number): boolean {
  const now = Date.now();
  if (now - drainedSinceMs > 1_000) [drainedSinceMs, drainedBytes] = [now, 0];
  drainedBytes += bytes;
  return drainedBytes <= DRAINED_BYTES_PER_SECOND;
}
