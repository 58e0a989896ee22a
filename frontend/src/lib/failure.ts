import { ApiError, type Failure } from "../api/client.js";

/** Whatever was thrown, as what can be shown. */
export function failureOf(error: unknown): Failure {
  if (error instanceof ApiError) return error.failure;
  return {
    status: -1,
    code: "page",
    title: "Something went wrong in this page",
    detail: error instanceof Error ? error.message : String(error),
  };
}

/** One sentence for a toast or a form. */
export function failureText(error: unknown): string {
  const { title, detail, correlationId, status } = failureOf(error);
  const trace = correlationId && status >= 500 ? ` (correlation id ${correlationId})` : "";
  return `${detail ?? title}${trace}`;
}
