import type { TraceContext } from "./trace-context.js";

/**
 * Traces: spans made by hand where an event passes, sent to an OpenTelemetry collector. This file and `trace-context.ts` are all that
 * other rooms know of them; the SDK is loaded when the settings ask for it (`start-traces.ts`), so without them nothing of it is there.
 */

export type Attributes = Record<string, string | number | boolean>;

/** A span that is recorded. What is not recorded is `undefined`, so that callers pay nothing for it: `span?.end()`. */
export interface Span {
  /** Its place: for links, for a child elsewhere, and as `traceparent`. */
  readonly context: TraceContext;
  /** `context` as the header has it. */
  readonly traceparent: string;
  /** Names as in OpenTelemetry's semantic conventions. Never a payload, a key or a header's value. */
  set(attributes: Attributes): void;
  /** Another span that belongs to what this one covers. */
  link(to: TraceContext): void;
  /** It failed. @param type a name out of a bounded set (`error.type`): a code, a status, the error's class; never its text */
  fail(type: string): void;
  /** A part of it. A job of a million slices is no trace that anybody reads: after 100 parts there are no more, and it says how many are missing. */
  begin(name: string, start?: Pick<SpanStart, "kind" | "startedAtMs">): Span | undefined;
  /** Once. @param atMs ms since 1970; unset, now */
  end(atMs?: number): void;
}

export interface SpanStart {
  /** `internal` by default. */
  kind?: "internal" | "server" | "client" | "producer" | "consumer";
  /** Where it continues another program's (or an earlier) trace; unset, it begins one. */
  parent?: TraceContext | undefined;
  /** Spans that caused it without being its parent. A span that begins a trace is recorded when one of these is. */
  links?: readonly TraceContext[];
  /** ms since 1970; unset, now. */
  startedAtMs?: number;
  /** Asked when the sampler has said yes. */
  mayRecord?: () => boolean;
}

export interface Traces {
  /** Whether any span is ever recorded. */
  readonly on: boolean;
  /** Begins a span, when the sampler (OTEL_TRACES_SAMPLER) says so. @param name made only then, when it has to be made */
  begin(name: string | (() => string), start?: SpanStart): Span | undefined;
  /** Sends what waits, for at most a second. */
  close(): Promise<void>;
}

export const NO_TRACES: Traces = Object.freeze({ on: false, begin: () => undefined, close: async () => {} });

/** Runs `work` within a span and ends it; what it throws marks the span as failed. */
export async function inSpan<T>(span: Span | undefined, work: () => Promise<T> | T): Promise<T> {
  if (!span) return work();
  try {
    return await work();
  } catch (error) {
    span.fail((error as Error).name);
    throw error;
  } finally {
    span.end();
  }
}
