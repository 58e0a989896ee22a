import type { StreamSummary } from "@streamforge/shared";
import type { FastifyReply, FastifyRequest } from "fastify";
import { uuidText } from "../ingest/identify.js";
import { type Item, outcomeOf } from "../ingest/ingest.js";
import { NO_CONTEXT, storedContext } from "../telemetry/trace-context.js";
import { createTraceShares } from "../telemetry/trace-shares.js";
import type { Span, Traces } from "../telemetry/traces.js";
import type { Hook } from "./auth.js";
import { traceContextOf } from "./correlation.js";

/** The spans of a request that sends events. There are two, however many events it has. */
interface RequestTrace {
  request: Span;
  /** Its events' way into the stream. What is stored with them points here, so that the worker's spans hang below it. */
  append: Span | undefined;
}

declare module "fastify" {
  interface FastifyRequest {
    /** Undefined when nothing of it is recorded. */
    trace: RequestTrace | undefined;
  }
}

/**
 * onRequest, after `authenticate`: begins the request's span. Strangers have none: the sender of a `traceparent` decides whether it is
 * recorded, and that is for those whom we know, within their tenant's share.
 * @returns no hook at all when there are no traces
 */
export function traceRequests(traces: Traces): Hook[] {
  if (!traces.on) return [];
  const shares = createTraceShares();
  return [
    function traceRequest(request, reply, done) {
      const tenantId = request.principal?.tenantId ?? "";
      const span = traces.begin(() => `${request.method} ${request.routeOptions.url}`, {
        kind: "server",
        parent: traceContextOf(request.headers),
        mayRecord: () => shares.take(tenantId),
      });
      if (span) {
        describe(span, request, reply, tenantId);
        request.trace = { request: span, append: undefined };
      }
      done();
    },
  ];
}

function describe(span: Span, request: FastifyRequest, reply: FastifyReply, tenantId: string): void {
  span.set({
    "http.request.method": request.method,
    "http.route": request.routeOptions.url ?? "",
    "url.scheme": request.protocol,
    "streamforge.tenant.id": tenantId,
    "streamforge.correlation_id": request.id,
  });
  reply.header("traceresponse", span.traceparent);
  // Also when the client leaves before its answer.
  reply.raw.once("close", () => {
    request.trace?.append?.end();
    const { statusCode, writableFinished } = reply.raw;
    if (writableFinished) span.set({ "http.response.status_code": statusCode });
    if (!writableFinished) span.fail("client-gone");
    else if (statusCode >= 500) span.fail(String(statusCode));
    span.end();
  });
}

/** Begins the span of what becomes of a request's events; before its scope is made, which names it. */
export function beginAppend({ trace, id }: FastifyRequest): void {
  if (!trace) return;
  trace.append = trace.request.begin("append events", { kind: "producer" });
  trace.append?.set({
    "messaging.system": "redis",
    "messaging.operation.name": "append",
    "messaging.operation.type": "send",
    "messaging.destination.name": "events",
    "messaging.message.conversation_id": id,
  });
}

/** Ends the span of the way into the stream, and says what became of the items. */
export function endAppend({ trace }: FastifyRequest, items: readonly Item[]): void {
  if (!trace?.append) return;
  const counts: Record<string, number> = {};
  for (const item of items) {
    const { status } = outcomeOf(item);
    counts[status] = (counts[status] ?? 0) + 1;
  }
  const [first] = items;
  if (items.length === 1 && first?.id) trace.append.set({ "messaging.message.id": uuidText(first.id) });
  endCounted(trace.append, counts);
}

/** The same of a stream, whose items are gone by then. */
export function endStream({ trace }: FastifyRequest, summary: StreamSummary): void {
  if (!trace?.append) return;
  const { accepted, duplicates, conflicts, rejected, retry } = summary;
  endCounted(trace.append, { accepted, duplicate: duplicates, conflict: conflicts, rejected, retry });
}

/** @param counts events by what became of them */
function endCounted(append: Span, counts: Record<string, number>): void {
  const all = Object.entries(counts).filter(([, count]) => count > 0);
  append.set(Object.fromEntries(all.map(([name, count]) => [`streamforge.events.${name}`, count])));
  append.set({ "messaging.batch.message_count": all.reduce((sum, [, count]) => sum + count, 0) });
  append.end();
}

/** The trace context that a request's events are stored with: ours, where it is recorded, else the sender's. */
export function storedContextOf({ trace, headers }: FastifyRequest): { traceparent: string; tracestate?: string } {
  const context = trace ? (trace.append ?? trace.request).context : traceContextOf(headers);
  return context ? storedContext(context) : NO_CONTEXT;
}
