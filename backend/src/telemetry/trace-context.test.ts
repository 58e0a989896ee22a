import { describe, expect, test } from "vitest";
import { readTraceContext, traceparentOf } from "./trace-context.js";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";

describe("traceparent", () => {
  test.each([
    [`00-${TRACE}-${SPAN}-01`, true],
    [`00-${TRACE}-${SPAN}-00`, false],
    [`00-${TRACE}-${SPAN}-03`, true],
    // A version that is not known yet is read as far as it is known.
    [`cc-${TRACE}-${SPAN}-01`, true],
    [`cc-${TRACE}-${SPAN}-00-what-the-future-will-be-like`, false],
  ])("%s", (header, sampled) => {
    const context = readTraceContext(header);
    expect(context).toEqual({ traceId: TRACE, spanId: SPAN, sampled, tracestate: "" });
    expect(context && traceparentOf(context)).toBe(`00-${TRACE}-${SPAN}-${sampled ? "01" : "00"}`);
  });

  test.each([
    "",
    `00-${TRACE}-${SPAN}`,
    `00-${TRACE}-${SPAN}-01-more`,
    `00-${TRACE}-${SPAN}-01-`,
    `cc-${TRACE}-${SPAN}-01.more`,
    `ff-${TRACE}-${SPAN}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${"0".repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${"0".repeat(16)}-01`,
    `00-${TRACE}-${SPAN}-0`,
    ` 00-${TRACE}-${SPAN}-01`,
    // Two headers, as Node joins them.
    `00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`,
  ])("%j is none", (header) => {
    expect(readTraceContext(header)).toBeUndefined();
  });
});

describe("tracestate", () => {
  const stateOf = (tracestate: string) => readTraceContext(`00-${TRACE}-${SPAN}-01`, tracestate)?.tracestate;

  test.each(["a=1", "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7", "tenant@vendor=x y", "a=1, b=2,", "a/b*c-d_e=!"])("%j is kept", (text) => {
    expect(stateOf(text)).toBe(text);
  });

  test.each([
    "a",
    "=1",
    "A=1",
    "a=",
    "a=1=2",
    "a=1,a=2",
    "a=1 ,b=\u00e9",
    `a=${"x".repeat(257)}`,
    `a=${"x".repeat(200)},b=${"x".repeat(200)},c=${"x".repeat(200)}`,
    Array.from({ length: 33 }, (_, i) => `k${i}=1`).join(","),
  ])("%j is left out, and the trace continues", (text) => {
    expect(stateOf(text)).toBe("");
  });
});
