import type { Config } from "../config.js";
import { readTraceSettings, type TraceSource } from "./trace-settings.js";
import { NO_TRACES, type Traces } from "./traces.js";

/** Traces as the OTEL_* settings ask for; a setting that cannot be followed is logged, and there are none. Never rejects for a setting. */
export async function createTraces(config: Config, source: TraceSource): Promise<Traces> {
  const settings = readTraceSettings(config);
  if (settings.kind === "off") return NO_TRACES;
  if (settings.kind === "wrong") {
    source.log.warn({ settings: settings.faults }, "no traces: these settings cannot be followed; events are taken all the same");
    return NO_TRACES;
  }
  const { startOpenTelemetry } = await import("./open-telemetry.js");
  return startOpenTelemetry(settings, source);
}
