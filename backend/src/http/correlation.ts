import { randomUUID } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { readTraceContext, type TraceContext } from "../telemetry/trace-context.js";

const VISIBLE = /^[\x21-\x7e]{1,200}$/;

/** The correlation id of a request: `X-Correlation-Id`, else the trace id, else a new one. */
export function correlationIdOf(headers: IncomingHttpHeaders): string {
  const given = headers["x-correlation-id"];
  if (typeof given === "string" && VISIBLE.test(given)) return given;
  return traceContextOf(headers)?.traceId ?? randomUUID();
}

/** The W3C trace context as received; undefined when there is none or it is malformed. */
export function traceContextOf({ traceparent, tracestate }: IncomingHttpHeaders): TraceContext | undefined {
  if (typeof traceparent !== "string") return undefined;
  return readTraceContext(traceparent, typeof tracestate === "string" ? tracestate : "");
}
