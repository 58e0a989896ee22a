import { type Problem, type ProblemCode, problems } from "@streamforge/shared";

/** An answer that is a problem (RFC 9457). Thrown by routes and guards; one error handler turns it into the response. */
export class ProblemError extends Error {
  readonly status: number;

  constructor(
    readonly code: ProblemCode,
    detail?: string,
    readonly extra: Record<string, unknown> = {},
    readonly headers: Record<string, string> = {},
  ) {
    super(detail ?? problems[code].title);
    this.name = "ProblemError";
    this.status = problems[code].status;
  }
}

/**
 * Makes a problem to throw.
 * @param code one of the table in `shared/src/problems.ts`; it fixes status and title
 * @param detail what is wrong in this case and how to fix it
 * @param extra further members of the problem, e.g. `errors` or `eventId`
 */
export function problem(
  code: ProblemCode,
  detail?: string,
  extra?: Record<string, unknown>,
  headers?: Record<string, string>,
): ProblemError {
  return new ProblemError(code, detail, extra, headers);
}

/** Seconds a producer should wait before it sends again; sent with every 429 and 503 that names no other time. */
export const DEFAULT_RETRY_AFTER_SECONDS = 1;

/** The problem document of an error; everything that is not a ProblemError is `internal` and says nothing of its cause. */
export function problemDocument(error: ProblemError, instance: string, correlationId: string): Problem {
  return {
    type: `/problems/${error.code}`,
    title: problems[error.code].title,
    status: error.status,
    detail: error.message,
    instance,
    code: error.code,
    correlationId,
    ...error.extra,
  };
}

/** The 405 of a path that takes other methods. */
export function notAllowed(method: string, path: string, allowed: readonly string[]): ProblemError {
  const allow = allowed.join(", ");
  return problem("method-not-allowed", `${method} is not allowed at ${path}; allowed are ${allow}.`, {}, { Allow: allow });
}
