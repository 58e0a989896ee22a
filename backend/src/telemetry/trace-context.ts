/** W3C Trace Context (level 1, with level 2's flags): where a span stands, as programs tell each other. */
export interface TraceContext {
  /** 32 hexadecimal digits. */
  traceId: string;
  /** 16 hexadecimal digits. */
  spanId: string;
  /** Whether its spans are recorded. */
  sampled: boolean;
  /** What vendors keep along the way; "" when there is none. */
  tracestate: string;
}

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const NOTHING = /^0+$/;

/**
 * Reads a `traceparent`. A version that is not known yet is read as far as this one goes, as the standard asks.
 * @param tracestate the header beside it; it is left out when it is malformed
 * @returns undefined for what the standard calls invalid: a new trace begins
 */
export function readTraceContext(traceparent: string, tracestate = ""): TraceContext | undefined {
  const [, version, traceId = "", spanId = "", flags = "", more] = TRACEPARENT.exec(traceparent) ?? [];
  if (version === undefined || version === "ff" || (version === "00" && more !== undefined)) return undefined;
  if (NOTHING.test(traceId) || NOTHING.test(spanId)) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1, tracestate: isTracestate(tracestate) ? tracestate : "" };
}

/** As `traceparent` in version 00. */
export function traceparentOf({ traceId, spanId, sampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${sampled ? "01" : "00"}`;
}

/** What is stored with an event that has no trace. */
export const NO_CONTEXT = Object.freeze({ traceparent: "" });

/** As it is stored with an event. */
export function storedContext(context: TraceContext): { traceparent: string; tracestate?: string } {
  const traceparent = traceparentOf(context);
  return context.tracestate === "" ? { traceparent } : { traceparent, tracestate: context.tracestate };
}

const MOST_MEMBERS = 32;
const MOST_CHARACTERS = 512;
const KEY = /^(?:[a-z][a-z0-9_\-*/]{0,255}|[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13})$/;
const VALUE = /^[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;

function isTracestate(text: string): boolean {
  if (text === "" || text.length > MOST_CHARACTERS) return false;
  const members = text.split(",").flatMap((member) => member.replace(/^[ \t]+|[ \t]+$/g, "") || []);
  const keys = new Set<string>();
  for (const member of members) {
    const at = member.indexOf("=");
    if (at < 0 || !KEY.test(member.slice(0, at)) || !VALUE.test(member.slice(at + 1))) return false;
    keys.add(member.slice(0, at));
  }
  return members.length <= MOST_MEMBERS && keys.size === members.length;
}
