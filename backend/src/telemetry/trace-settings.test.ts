import { describe, expect, test } from "vitest";
import { loadConfig } from "../config.js";
import { readTraceSettings } from "./trace-settings.js";

const read = (env: Record<string, string | undefined>) => readTraceSettings(loadConfig(env));
const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318" };

describe("no traces", () => {
  test.each([
    {},
    { ...ENDPOINT, OTEL_SDK_DISABLED: "true" },
    { ...ENDPOINT, OTEL_SDK_DISABLED: "TRUE" },
    { ...ENDPOINT, OTEL_TRACES_EXPORTER: "none" },
    { ...ENDPOINT, OTEL_TRACES_SAMPLER: "always_off" },
    { OTEL_TRACES_SAMPLER: "always_on", OTEL_SERVICE_NAME: "events" },
  ])("%j", (env) => {
    expect(read(env)).toEqual({ kind: "off" });
  });
});

test("an endpoint is enough; the rest is the standard's", () => {
  expect(read(ENDPOINT)).toEqual({
    kind: "on",
    protocol: "http/protobuf",
    url: "http://collector:4318/v1/traces",
    sampler: "parentbased_always_on",
    ratio: 1,
    maxQueueSpans: 2048,
    sendEveryMs: 5000,
  });
  expect(read({ OTEL_TRACES_EXPORTER: "otlp" })).toMatchObject({ kind: "on", url: "http://localhost:4318/v1/traces" });
  expect(read({ ...ENDPOINT, OTEL_SDK_DISABLED: "false" })).toMatchObject({ kind: "on" });
});

test("what is said of traces alone wins over what is said of all signals", () => {
  const traces = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "https://tempo/own/path", OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "http/json" };
  expect(read({ ...ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL: "grpc", ...traces })).toMatchObject({
    kind: "on",
    url: "https://tempo/own/path",
    protocol: "http/json",
  });
});

test("what cannot be followed is named, all of it, and nothing is guessed", () => {
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4317",
    OTEL_EXPORTER_OTLP_PROTOCOL: "grpc",
    OTEL_TRACES_EXPORTER: "zipkin",
    OTEL_TRACES_SAMPLER: "jaeger_remote",
    OTEL_TRACES_SAMPLER_ARG: "1%",
    OTEL_BSP_MAX_QUEUE_SIZE: "0",
    OTEL_BSP_SCHEDULE_DELAY: "soon",
  };
  expect(read(env)).toEqual({
    kind: "wrong",
    faults: [
      "OTEL_TRACES_EXPORTER takes otlp or none",
      "OTEL_EXPORTER_OTLP_PROTOCOL takes http/protobuf or http/json",
      "OTEL_EXPORTER_OTLP_ENDPOINT takes an address that begins with http:// or https://",
      expect.stringContaining("OTEL_TRACES_SAMPLER takes always_on, "),
      "OTEL_TRACES_SAMPLER_ARG takes a number from 0 to 1",
      expect.stringContaining("OTEL_BSP_MAX_QUEUE_SIZE takes"),
      expect.stringContaining("OTEL_BSP_SCHEDULE_DELAY takes"),
    ],
  });
});

test.each([
  ["https://traces.example.org/trace", /TRACE_URL_TEMPLATE: must hold \{traceId\}/],
  ["javascript:alert({traceId})", /TRACE_URL_TEMPLATE: must be an address that begins with http/],
  ["//traces.example.org/{traceId}", /TRACE_URL_TEMPLATE: must be an address/],
])("TRACE_URL_TEMPLATE=%s is refused", (text, message) => {
  expect(() => loadConfig({ TRACE_URL_TEMPLATE: text })).toThrow(message);
});
