import { readTraceContext, type TraceContext } from "./trace-context.js";
import type { Span, SpanStart, Traces } from "./traces.js";

/**
 * Traces that one group of events is linked with, at most. Each gets one span of its own, so that a group of 1,000 events makes no more
 * spans than this and its own few, however many senders they have.
 */
export const MOST_LINKS = 32;

/** The trace context that is stored with an event. */
export interface StoredContext {
  traceparent: string;
  tracestate?: string | undefined;
}

/**
 * Events that are worked on together, from many traces: one span for the group, and one in each of the traces, linked there and back.
 *
 *     request ─ append ─ part  ⇄  group ─┬─ bulk
 *     (one for each trace)        (one)  └─ settle
 */
export interface GroupTrace {
  span: Span;
  /** The span of the group in the trace that is stored with an event. */
  partOf(context: StoredContext): Span | undefined;
  parts(): Span[];
  /** All of it failed. */
  fail(type: string): void;
  end(): void;
}

interface GroupStart extends Pick<SpanStart, "kind" | "startedAtMs"> {
  name: string;
  part: string;
  /** The group's span, where it was begun before its events were known, or as a part of a job's. */
  span?: Span | undefined;
}

/** @returns undefined when no trace of these events is recorded, and there is no span of the group */
export function beginGroup(
  traces: Traces,
  contexts: Iterable<StoredContext | undefined>,
  { name, part, span: begun, ...start }: GroupStart,
): GroupTrace | undefined {
  if (!traces.on) return undefined;
  const { senders, leftOut } = sendersOf(contexts, begun?.traceparent);
  if (senders.size === 0 && !begun) return undefined;
  const span = begun ?? traces.begin(name, { ...start, links: [...senders.values()] });
  if (!span) return undefined;
  if (begun) for (const sender of senders.values()) begun.link(sender);
  span.set({ "streamforge.traces.linked": senders.size, "streamforge.traces.left_out": leftOut });
  const parts = new Map<string, Span>();
  for (const [traceparent, sender] of senders) {
    const one = traces.begin(part, { ...start, parent: sender, links: [span.context] });
    if (one) parts.set(traceparent, one);
  }
  return {
    span,
    partOf: ({ traceparent }) => parts.get(traceparent),
    parts: () => [...parts.values()],
    fail(type) {
      for (const failed of [span, ...parts.values()]) failed.fail(type);
    },
    end() {
      for (const ended of [...parts.values(), span]) ended.end();
    },
  };
}

/** The recorded traces among these, each once. Neighbours mostly share theirs. */
function sendersOf(
  contexts: Iterable<StoredContext | undefined>,
  own: string | undefined,
): { senders: Map<string, TraceContext>; leftOut: number } {
  const senders = new Map<string, TraceContext>();
  const others = new Set<string>();
  let last = "";
  for (const context of contexts) {
    if (context === undefined || context.traceparent === last || context.traceparent === "") continue;
    const { traceparent, tracestate } = context;
    last = traceparent;
    if (senders.has(traceparent) || traceparent === own) continue;
    const sender = readTraceContext(traceparent, tracestate);
    if (!sender?.sampled) continue;
    if (senders.size < MOST_LINKS) senders.set(traceparent, sender);
    else others.add(traceparent);
  }
  return { senders, leftOut: others.size };
}
