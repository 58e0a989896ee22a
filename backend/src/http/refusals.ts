import type { IncomingMessage } from "node:http";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";
import { LINGER_MS } from "./connections.js";
import { DEFAULT_RETRY_AFTER_SECONDS, ProblemError, problem, problemDocument } from "./problems.js";

/** A body that was refused unread is let run out when it is this small; beyond, the connection is closed. */
const SMALL_BODY_BYTES = 64 * 1024;

/** How long a small one may take for that. */
const RUN_OUT_MS = 10_000;

/** Sends a problem document. Every 429 and 503 says when to come back. */
export function sendProblem(request: FastifyRequest, reply: FastifyReply, error: ProblemError): FastifyReply {
  if (error.status === 429 || error.status === 503) reply.header("Retry-After", String(DEFAULT_RETRY_AFTER_SECONDS));
  const { raw } = request;
  const { "content-length": length, "transfer-encoding": chunked } = raw.headers;
  const rest = raw.complete ? 0 : chunked !== undefined ? Number.POSITIVE_INFINITY : Number(length ?? 0);
  // What is left of a body would be read to its end for nothing. It is paused when we gave up reading it: too slow, too large.
  if (rest > SMALL_BODY_BYTES || (rest > 0 && raw.isPaused())) closeAfterAnswer(request, reply);
  else if (rest > 0) letRunOut(raw);
  if (error.code === "shutting-down") reply.header("Connection", "close");
  return reply
    .code(error.status)
    .headers(error.headers)
    .type("application/problem+json")
    .serializer(JSON.stringify)
    .send(problemDocument(error, request.url.split("?")[0] as string, request.id));
}

/** A small body that was refused unread has some time to arrive; its connection then serves the next request. */
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
  const { raw } = request;
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
  raw.resume();
}

/** Whatever was thrown, as a problem. */
export function asProblem(error: FastifyError | ProblemError): ProblemError {
  if (error instanceof ProblemError) return error;
  if (hasZodFastifySchemaValidationErrors(error)) {
    const errors = error.validation.map((issue) => ({
      pointer: `${error.validationContext === "body" ? "" : `/${error.validationContext}`}${issue.instancePath}`,
      detail: issue.message ?? "is not valid",
    }));
    return problem("invalid-request", errors.map((e) => `${e.pointer || "/"} ${e.detail}`).join("; "), { errors });
  }
  switch (error.code) {
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return problem("unsupported-media-type", "Send Content-Type: application/json (an object or an array) or application/x-ndjson.");
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return problem("batch-too-large", error.message);
    case "FST_ERR_CTP_EMPTY_JSON_BODY":
    case "FST_ERR_CTP_INVALID_JSON_BODY":
      return problem("invalid-json", error.message);
  }
  if (error.statusCode === 429) return problem("rate-limited", error.message);
  if (error.statusCode && error.statusCode >= 400 && error.statusCode < 500) return problem("invalid-request", error.message);
  return problem("internal", "The error was logged under this correlation id.");
}
