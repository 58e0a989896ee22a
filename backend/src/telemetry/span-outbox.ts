import { BatchSpanProcessor, type SpanExporter, type SpanProcessor } from "@opentelemetry/sdk-trace";
import { Counter, type Registry } from "prom-client";
import type { Logger } from "./log.js";
import type { TraceSettings } from "./trace-settings.js";

const RESULTS = ["sent", "failed", "dropped"] as const;
const MOST_IN_A_MESSAGE = 512;

type Options = Pick<TraceSettings, "maxQueueSpans" | "sendEveryMs"> & { registry: Registry; log: Pick<Logger, "info" | "warn"> };

/**
 * What waits for the collector: at most `maxQueueSpans`, and one message under way. A collector that is slow or away costs
 * those spans and nothing else; it is said once when that begins and once when it ends, and counted.
 */
export function createOutbox(exporter: SpanExporter, { maxQueueSpans, sendEveryMs, registry, log }: Options): { processor: SpanProcessor } {
  const spans = new Counter({
    name: "streamforge_trace_spans_total",
    help: "Spans sent to the collector; failed: it did not take them; dropped: too many waited for it",
    labelNames: ["result"],
    registers: [registry],
  });
  for (const result of RESULTS) spans.inc({ result }, 0);
  let waiting = 0;
  let away = false;

  const watched: SpanExporter = {
    export(batch, done) {
      waiting -= batch.length;
      exporter.export(batch, (result) => {
        const failed = result.error !== undefined || result.code !== 0;
        spans.inc({ result: failed ? "failed" : "sent" }, batch.length);
        if (failed !== away) {
          away = failed;
          if (away) log.warn({ err: result.error?.message }, "the collector takes no spans; they are dropped, events are not affected");
          else log.info("the collector takes spans again");
        }
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
    ...(exporter.forceFlush ? { forceFlush: () => exporter.forceFlush?.() as Promise<void> } : {}),
  };
  const inner = new BatchSpanProcessor({
    exporter: watched,
    maxQueueSize: maxQueueSpans,
    maxExportBatchSize: Math.min(MOST_IN_A_MESSAGE, maxQueueSpans),
    scheduledDelayMillis: sendEveryMs,
  });
  return {
    processor: {
      onStart: () => {},
      onEnd(span) {
        if (waiting >= maxQueueSpans) {
          spans.inc({ result: "dropped" });
          return;
        }
        waiting++;
        inner.onEnd(span);
      },
      forceFlush: () => inner.forceFlush(),
      shutdown: () => inner.shutdown(),
    },
  };
}
