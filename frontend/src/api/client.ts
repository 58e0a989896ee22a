import type { Problem } from "@streamforge/shared";

/** Why a request has no result. `status` 0: no answer came at all. */
export interface Failure {
  status: number;
  code: string;
  title: string;
  detail?: string;
  /** From `Retry-After`, in seconds. */
  retryAfterSeconds?: number;
  correlationId?: string;
}

/** Carries a `Failure` through TanStack Query, which knows errors only by being thrown. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  constructor(readonly failure: Failure) {
    super(failure.detail ?? failure.title);
  }
}

/** Longest wait for an answer, in ms: a request into a dead network would otherwise hang for minutes with a spinner. */
const TIMEOUT_MS = 10_000;

/**
 * Calls the API with the session's cookie.
 * @returns the body of a 2xx answer (undefined when it has none)
 * @throws ApiError for every other answer, and when none came
 */
export async function call<Result>(method: "GET" | "POST" | "DELETE", path: string, body?: unknown): Promise<Result> {
  const answer = await fetch(path, {
    method,
    credentials: "same-origin",
    headers: { accept: "application/json", ...(body === undefined ? {} : { "content-type": "application/json" }) },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch(() => {
    throw new ApiError({ status: 0, code: "unreachable", title: "StreamForge does not answer" });
  });
  if (!answer.ok) throw new ApiError(await failureOf(answer));
  const text = await answer.text();
  return (text === "" ? undefined : JSON.parse(text)) as Result;
}

/** Reads a problem (RFC 9457); whatever else answers in its place (a proxy's HTML page) becomes one. */
async function failureOf(answer: Response): Promise<Failure> {
  const problem = (await answer.json().catch(() => null)) as Partial<Problem> | null;
  return {
    status: answer.status,
    code: problem?.code ?? `http-${answer.status}`,
    title: problem?.title ?? (answer.statusText || `HTTP ${answer.status}`),
    detail: problem?.detail,
    retryAfterSeconds: secondsOf(answer.headers.get("retry-after")),
    correlationId: problem?.correlationId ?? answer.headers.get("x-correlation-id") ?? undefined,
  };
}

function secondsOf(header: string | null): number | undefined {
  if (!header) return undefined;
  const seconds = /^\d+$/.test(header) ? Number(header) : Math.ceil((Date.parse(header) - Date.now()) / 1000);
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined;
}
