import { randomUUID } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

const VISIBLE = /^[\x21-\x7e]{1,200}$/;
const TRACEPARENT = /^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The correlation id of a request: `X-Correlation-Id`, else the trace id, else a new one. */
export function correlationIdOf(headers: IncomingHttpHeaders): string {
  const given = headers["x-correlation-id"];
  if (typeof given === "string" && VISIBLE.test(given)) return given;
  const trace = headers.traceparent;
  return (typeof trace === "string" && TRACEPARENT.exec(trace)?.[1]) || randomUUID();
}

/** The W3C trace context as received; "" when there is none or it is malformed. */
export function traceparentOf(headers: IncomingHttpHeaders): string {
  const trace = headers.traceparent;
  return typeof trace === "string" && TRACEPARENT.test(trace) ? trace : "";
}
