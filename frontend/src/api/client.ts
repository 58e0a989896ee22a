import type { Problem } from "@streamforge/shared";
import createClient from "openapi-fetch";
import type { paths } from "./schema.js";

/** Why a request has no result. `status` 0: no answer came at all. */
export interface Failure {
  status: number;
  code: string;
  title: string;
  detail?: string;
  /** From `Retry-After`, in seconds. */
  retryAfterSeconds?: number;
  correlationId?: string;
  /** What is wrong with which field, by JSON Pointer. */
  errors?: Problem["errors"];
}

/** Carries a `Failure` through TanStack Query, which knows errors only by being thrown. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  constructor(readonly failure: Failure) {
    super(failure.detail ?? failure.title);
  }
}

/** Longest wait for an answer, in ms: a request into a dead network would otherwise hang for minutes with a spinner. */
const TIMEOUT_MS = 15_000;

/**
 * The API by its paths, with the session's cookie. Paths, parameters, bodies and answers are checked against the OpenAPI
 * document (`schema.d.ts`). Wrap each call in `ok`.
 */
export const api = createClient<paths>({
  credentials: "same-origin",
  headers: { accept: "application/json" },
  fetch: (request) => fetch(new Request(request, { signal: AbortSignal.any([request.signal, AbortSignal.timeout(TIMEOUT_MS)]) })),
});

/**
 * The body of a 2xx answer: `const page = await ok(api.GET("/v1/events", { params: { query } }))`.
 * @throws ApiError for every other answer, and when none came; AbortError when it was given up on purpose
 */
export async function ok<Data>(request: Promise<{ data?: Data; error?: unknown; response: Response }>): Promise<Data> {
  const { data, error, response } = await request.catch((reason: unknown) => {
    if ((reason as Error)?.name === "AbortError") throw reason;
    throw new ApiError({ status: 0, code: "unreachable", title: "StreamForge does not answer" });
  });
  if (!response.ok) throw new ApiError(failureOf(response, error));
  return data as Data;
}

/** Reads a problem (RFC 9457); whatever else answers in its place (a proxy's HTML page) becomes one. */
function failureOf(answer: Response, body: unknown): Failure {
  const problem = (typeof body === "object" ? body : null) as Partial<Problem> | null;
  return {
    status: answer.status,
    code: problem?.code ?? `http-${answer.status}`,
    title: problem?.title ?? (answer.statusText || `HTTP ${answer.status}`),
    detail: problem?.detail,
    errors: problem?.errors,
    retryAfterSeconds: secondsOf(answer.headers.get("retry-after")),
    correlationId: problem?.correlationId ?? answer.headers.get("x-correlation-id") ?? undefined,
  };
}

function secondsOf(header: string | null): number | undefined {
  if (!header) return undefined;
  const seconds = /^\d+$/.test(header) ? Number(header) : Math.ceil((Date.parse(header) - Date.now()) / 1000);
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined;
}
