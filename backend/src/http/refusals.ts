import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { outageOf, SlowQueryError } from "../lib/errors.js";
import { DEFAULT_RETRY_AFTER_SECONDS, ProblemError, problem, problemDocument } from "./problems.js";

/** Sends a problem document. Every 429 and 503 says when to come back. */
export function sendProblem(request: FastifyRequest, reply: FastifyReply, error: ProblemError): FastifyReply {
  if (error.status === 429 || error.status === 503) reply.header("Retry-After", String(DEFAULT_RETRY_AFTER_SECONDS));
  if (error.code === "shutting-down") reply.header("Connection", "close");
  return reply
    .code(error.status)
    .headers(error.headers)
    .header("Cache-Control", "no-store")
    .type("application/problem+json")
    .serializer(JSON.stringify)
    .send(problemDocument(error, request.url.split("?")[0] as string, request.id));
}

/** Whatever was thrown, as a problem. */
export function asProblem(error: FastifyError | ProblemError): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof SlowQueryError) return problem("invalid-request", error.message);
  const outage = outageOf(error);
  if (outage) return problem("storage-unavailable", outage.detail);
  switch (error.code) {
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return problem("unsupported-media-type", "Send Content-Type: application/json (an object or an array) or application/x-ndjson.");
  }
  if (error.statusCode === 429) return problem("rate-limited", error.message);
  if (error.statusCode && error.statusCode >= 400 && error.statusCode < 500) return problem("invalid-request", error.message);
  return problem("internal", "The error was logged under this correlation id.");
}
