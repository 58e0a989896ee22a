import type { Registry } from "prom-client";
import type { Config } from "../config.js";
import type { Logger } from "./log.js";

export const SAMPLERS = [
  "always_on",
  "always_off",
  "traceidratio",
  "parentbased_always_on",
  "parentbased_always_off",
  "parentbased_traceidratio",
] as const;
export type SamplerName = (typeof SAMPLERS)[number];

export const PROTOCOLS = ["http/protobuf", "http/json"] as const;

export interface TraceSettings {
  kind: "on";
  protocol: (typeof PROTOCOLS)[number];
  /** Where spans are posted to. */
  url: string;
  sampler: SamplerName;
  /** 0 to 1. */
  ratio: number;
  /** Most spans that wait; what comes on top is dropped and counted. */
  maxQueueSpans: number;
  sendEveryMs: number;
}

/** Whose spans they are. */
export interface TraceSource {
  /** What kind of process this is: `service.name` is `streamforge-<process>` unless OTEL_SERVICE_NAME says otherwise. */
  process: string;
  /** Unique per process start (`service.instance.id`). */
  name: string;
  registry: Registry;
  log: Pick<Logger, "info" | "warn">;
}

const OTLP_PATH = "v1/traces";
const DEFAULT_URL = `http://localhost:4318/${OTLP_PATH}`;

/**
 * What the OTEL_* settings ask for, as OpenTelemetry's specification reads them. One difference: without an exporter and without an
 * endpoint there are no traces, instead of a collector on this machine that nobody asked for.
 */
export function readTraceSettings(config: Config): TraceSettings | { kind: "off" } | { kind: "wrong"; faults: string[] } {
  const endpoint = config.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? withPath(config.OTEL_EXPORTER_OTLP_ENDPOINT);
  const exporter = config.OTEL_TRACES_EXPORTER ?? (endpoint === undefined ? "none" : "otlp");
  const sampler = config.OTEL_TRACES_SAMPLER ?? "parentbased_always_on";
  const disabled = config.OTEL_SDK_DISABLED?.toLowerCase() === "true";
  if (disabled || exporter === "none" || sampler === "always_off") return { kind: "off" };

  const protocol = config.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL ?? config.OTEL_EXPORTER_OTLP_PROTOCOL ?? "http/protobuf";
  const ratio = Number(config.OTEL_TRACES_SAMPLER_ARG ?? "1");
  const maxQueueSpans = Number(config.OTEL_BSP_MAX_QUEUE_SIZE ?? "2048");
  const sendEveryMs = Number(config.OTEL_BSP_SCHEDULE_DELAY ?? "5000");
  const url = endpoint ?? DEFAULT_URL;

  const faults: string[] = [];
  const check = (name: string, fits: boolean, takes: string): void => void (fits || faults.push(`${name} takes ${takes}`));
  check("OTEL_TRACES_EXPORTER", exporter === "otlp", "otlp or none");
  check("OTEL_EXPORTER_OTLP_PROTOCOL", isOneOf(PROTOCOLS, protocol), PROTOCOLS.join(" or "));
  check("OTEL_EXPORTER_OTLP_ENDPOINT", isWebAddress(url), "an address that begins with http:// or https://");
  check("OTEL_TRACES_SAMPLER", isOneOf(SAMPLERS, sampler), SAMPLERS.join(", "));
  check("OTEL_TRACES_SAMPLER_ARG", ratio >= 0 && ratio <= 1, "a number from 0 to 1");
  check("OTEL_BSP_MAX_QUEUE_SIZE", isCount(maxQueueSpans), "a whole number of spans from 1 to 100000");
  check("OTEL_BSP_SCHEDULE_DELAY", isCount(sendEveryMs), "a whole number of ms from 1 to 100000");
  if (faults.length > 0) return { kind: "wrong", faults };
  return {
    kind: "on",
    protocol: protocol as TraceSettings["protocol"],
    url,
    sampler: sampler as SamplerName,
    ratio,
    maxQueueSpans,
    sendEveryMs,
  };
}

const withPath = (base: string | undefined): string | undefined => base && `${base.replace(/\/+$/, "")}/${OTLP_PATH}`;
const isOneOf = (names: readonly string[], name: string): boolean => names.includes(name);
const isCount = (n: number): boolean => Number.isInteger(n) && n >= 1 && n <= 100_000;

function isWebAddress(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}
