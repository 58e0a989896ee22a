import {
  type Span as ApiSpan,
  createTraceState,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from "@opentelemetry/api";
import { OTLPTraceExporter as JsonExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { OTLPTraceExporter as ProtobufExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import {
  defaultResource,
  detectResources,
  type Resource,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
  serviceNameEnvDetector,
} from "@opentelemetry/resources";
import { AlwaysOnSampler, RandomIdGenerator, TracerProvider } from "@opentelemetry/sdk-trace";
import { within } from "../lib/within.js";
import { createSampler } from "./sampler.js";
import { createOutbox } from "./span-outbox.js";
import { type TraceContext, traceparentOf } from "./trace-context.js";
import type { TraceSettings, TraceSource } from "./trace-settings.js";
import type { Span, SpanStart, Traces } from "./traces.js";

/** The OpenTelemetry SDK behind `Traces`. Loading this file costs 100 ms of CPU and 23 MB: only who has traces pays for it. */

const KINDS = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
} as const;

/** What waits is sent within this time at shutdown, or not at all. */
const FLUSH_MS = 800;

/** No attribute is longer: what a producer names (a correlation id) is 200 characters at most. */
const MOST_CHARACTERS = 256;

export function startOpenTelemetry(settings: TraceSettings, { process, name, registry, log }: TraceSource): Traces {
  const Exporter = settings.protocol === "http/json" ? JsonExporter : ProtobufExporter;
  const outbox = createOutbox(new Exporter({ url: settings.url }), { ...settings, registry, log });
  const sampler = createSampler(settings);
  const ids = createIds();
  const provider = new TracerProvider({
    resource: resourceOf(process, name),
    // Anyone who calls the tracer has asked the sampler before: see `begin`.
    sampler: new AlwaysOnSampler(),
    idGenerator: ids,
    spanLimits: { attributeValueLengthLimit: MOST_CHARACTERS },
    spanProcessors: [outbox.processor],
  });
  const tracer = provider.getTracer("streamforge");
  log.info({ url: settings.url, sampler: settings.sampler, ratio: settings.ratio }, "traces");

  const start = (spanName: string, { kind = "internal", links = [], startedAtMs }: SpanStart, parent = ROOT_CONTEXT): ApiSpan =>
    tracer.startSpan(
      spanName,
      {
        kind: KINDS[kind],
        links: links.map((context) => ({ context: toApi(context) })),
        ...(startedAtMs === undefined ? {} : { startTime: startedAtMs }),
      },
      parent,
    );
  const wrap = (span: ApiSpan): Span =>
    createSpan(span, (child, options = {}) => wrap(start(child, options, trace.setSpan(ROOT_CONTEXT, span))));

  return {
    on: true,
    // The sampler comes first and alone: most requests are not sampled, and a span that is thrown away costs 1.3 µs.
    begin(spanName, options = {}) {
      const { parent, links } = options;
      // What a recorded trace has caused is recorded, too.
      const caused = !parent && links?.some(({ sampled }) => sampled);
      const traceId = parent ? sampler.continues(parent) && parent.traceId : caused ? always.draw() : sampler.draw();
      if (!traceId || options.mayRecord?.() === false) return undefined;
      ids.next(traceId);
      const name_ = typeof spanName === "string" ? spanName : spanName();
      return wrap(start(name_, options, parent ? trace.setSpanContext(ROOT_CONTEXT, toApi(parent)) : ROOT_CONTEXT));
    },
    close: () => within(FLUSH_MS, "sending the last spans", provider.shutdown()).catch(() => {}),
  };
}

const MOST_PARTS = 100;

function createSpan(span: ApiSpan, beginPart: (name: string, start?: SpanStart) => Span): Span {
  let parts = 0;
  const { traceId, spanId, traceState } = span.spanContext();
  const context: TraceContext = { traceId, spanId, sampled: true, tracestate: traceState?.serialize() ?? "" };
  return {
    context,
    traceparent: traceparentOf(context),
    set: (attributes) => void span.setAttributes(attributes),
    link: (to) => void span.addLink({ context: toApi(to) }),
    fail(type) {
      span.setAttribute("error.type", type);
      span.setStatus({ code: SpanStatusCode.ERROR });
    },
    begin(name, options) {
      parts++;
      return parts > MOST_PARTS ? undefined : beginPart(name, options);
    },
    end(atMs) {
      if (parts > MOST_PARTS) span.setAttribute("streamforge.parts.left_out", parts - MOST_PARTS);
      if (span.isRecording()) span.end(atMs);
    },
  };
}

function toApi({ traceId, spanId, sampled, tracestate }: TraceContext): SpanContext {
  return {
    traceId,
    spanId,
    traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
    isRemote: true,
    ...(tracestate === "" ? {} : { traceState: createTraceState(tracestate) }),
  };
}

const always = createSampler({ sampler: "always_on", ratio: 1 });

/** Random ids; that of a trace is drawn before, by the sampler. */
function createIds() {
  const random = new RandomIdGenerator();
  let drawn = "";
  return {
    next: (traceId: string): void => {
      drawn = traceId;
    },
    generateTraceId: (): string => drawn,
    generateSpanId: (): string => random.generateSpanId(),
  };
}

/** Who sends the spans. OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME win. */
function resourceOf(process: string, name: string): Resource {
  return defaultResource()
    .merge(
      resourceFromAttributes({ "service.name": `streamforge-${process}`, "service.namespace": "streamforge", "service.instance.id": name }),
    )
    .merge(detectResources({ detectors: [resourceAttributesEnvDetector] }))
    .merge(detectResources({ detectors: [serviceNameEnvDetector] }));
}
