/**
 * The problem types (RFC 9457) that the API can answer: one table that routes, docs, OpenAPI and clients share.
 * `type` is `/problems/<code>`.
 */
export const problems = {
  "invalid-json": { status: 400, title: "The body is not valid JSON" },
  "invalid-xml": { status: 400, title: "The body is not valid XML" },
  "invalid-event": { status: 400, title: "The event is not valid" },
  "invalid-request": { status: 400, title: "The request is not valid" },
  "tenant-required": { status: 400, title: "Name a tenant" },
  unauthenticated: { status: 401, title: "No valid credential" },
  forbidden: { status: 403, title: "The credential does not allow this" },
  "tenant-mismatch": { status: 403, title: "The key belongs to another tenant" },
  "tenant-not-allowed": { status: 403, title: "This tenant may not be created" },
  "not-found": { status: 404, title: "Nothing here" },
  "event-not-found": { status: 404, title: "Event not found" },
  "event-expired": { status: 404, title: "Events of this hour have expired" },
  "dead-letter-not-found": { status: 404, title: "No such dead letter" },
  "method-not-allowed": { status: 405, title: "The method is not allowed here" },
  "request-timeout": { status: 408, title: "The body came too slowly" },
  duplicate: { status: 409, title: "This event was accepted before" },
  conflict: { status: 409, title: "It exists already" },
  "event-too-large": { status: 413, title: "The event is too large" },
  "batch-too-large": { status: 413, title: "The batch is too large" },
  "unsupported-media-type": { status: 415, title: "The content type is not supported" },
  "identity-conflict": { status: 422, title: "Another event has this identity" },
  "user-blocked": { status: 422, title: "Events of this user are not taken" },
  "rate-limited": { status: 429, title: "Too many requests" },
  internal: { status: 500, title: "Something went wrong on our side" },
  "backlog-full": { status: 503, title: "The backlog is full; send again later" },
  "storage-unavailable": { status: 503, title: "Storage is unavailable; send again later" },
  "outcome-unknown": { status: 503, title: "The outcome is not known; send again with the same id" },
  "shutting-down": { status: 503, title: "This server is shutting down; send again" },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof problems;

/** A JSON Pointer into the request and what is wrong there. */
export interface FieldError {
  pointer: string;
  detail: string;
}

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail?: string;
  instance?: string;
  code: ProblemCode;
  correlationId?: string;
  errors?: FieldError[];
  [member: string]: unknown;
}
