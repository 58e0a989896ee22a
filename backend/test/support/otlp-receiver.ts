import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import protobuf from "protobufjs";

/** A span as the collector got it, whichever way it was written. Ids are hexadecimal; "" where there is none. */
export interface ReceivedSpan {
  service: string;
  name: string;
  kind: number;
  traceId: string;
  spanId: string;
  parentSpanId: string;
  traceState: string;
  startNanos: bigint;
  endNanos: bigint;
  attributes: Record<string, unknown>;
  links: { traceId: string; spanId: string }[];
  /** 0 unset, 2 error */
  status: number;
}

export interface OtlpReceiver {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly url: string;
  readonly spans: ReceivedSpan[];
  /** Media types of the messages, in order. */
  readonly types: string[];
  /** Requests that came, answered or not. */
  requests(): number;
  /** What it does with messages from now on. */
  behave(how: "take" | "refuse" | "hang"): void;
  close(): Promise<void>;
}

/** What of opentelemetry/proto the tests look at: names and numbers as in trace.proto, common.proto and trace_service.proto. */
const PROTO = `
syntax = "proto3";
message ExportTraceServiceRequest { repeated ResourceSpans resource_spans = 1; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; string schema_url = 3; }
message Resource { repeated KeyValue attributes = 1; uint32 dropped_attributes_count = 2; }
message ScopeSpans { InstrumentationScope scope = 1; repeated Span spans = 2; string schema_url = 3; }
message InstrumentationScope { string name = 1; string version = 2; }
message KeyValue { string key = 1; AnyValue value = 2; }
message ArrayValue { repeated AnyValue values = 1; }
message AnyValue {
  oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; ArrayValue array_value = 5; }
}
message Span {
  bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; bytes parent_span_id = 4; string name = 5; int32 kind = 6;
  fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8; repeated KeyValue attributes = 9; uint32 dropped_attributes_count = 10;
  repeated Link links = 13; uint32 dropped_links_count = 14; Status status = 15; fixed32 flags = 16;
  message Link { bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; repeated KeyValue attributes = 4; fixed32 flags = 6; }
}
message Status { string message = 2; int32 code = 3; }
`;
const Request = protobuf.parse(PROTO, { keepCase: false }).root.lookupType("ExportTraceServiceRequest");

/** A collector for tests: OTLP over HTTP, as protobuf and as JSON. */
export async function startOtlpReceiver(port = 0): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const types: string[] = [];
  let requests = 0;
  let how: "take" | "refuse" | "hang" = "take";
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    requests++;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (how === "hang") return;
    if (how === "refuse") {
      response.writeHead(400).end();
      return;
    }
    const type = request.headers["content-type"] ?? "";
    const body = request.headers["content-encoding"] === "gzip" ? gunzipSync(Buffer.concat(chunks)) : Buffer.concat(chunks);
    if (request.url !== "/v1/traces") throw new Error(`spans came to ${request.url}`);
    types.push(type);
    spans.push(...spansOf(type === "application/json" ? JSON.parse(body.toString()) : fromProtobuf(body)));
    response.writeHead(200, { "content-type": type }).end(type === "application/json" ? "{}" : "");
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((error: Error) => response.writeHead(500).end(error.message));
  });
  await new Promise<void>((done) => server.listen(port, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    types,
    requests: () => requests,
    behave(next) {
      how = next;
    },
    close: () => {
      server.closeAllConnections();
      return new Promise((done) => server.close(() => done()));
    },
  };
}

/** The form that JSON has: ids as hexadecimal text, 64-bit numbers as decimal text. */
interface Message {
  resourceSpans?: { resource?: { attributes?: Pair[] }; scopeSpans?: { spans?: Sent[] }[] }[];
}
interface Pair {
  key: string;
  value?: { stringValue?: string; boolValue?: boolean; intValue?: string | number; doubleValue?: number };
}
interface Sent {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  traceState?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes?: Pair[];
  links?: { traceId: string; spanId: string }[];
  status?: { code?: number };
}

/** Protobuf has ids as bytes, which its library writes as base64. */
function fromProtobuf(body: Buffer): Message {
  const message = Request.toObject(Request.decode(body), { longs: String, bytes: String }) as Message;
  const hex = (base64 = ""): string => Buffer.from(base64, "base64").toString("hex");
  for (const span of (message.resourceSpans ?? []).flatMap(({ scopeSpans = [] }) => scopeSpans.flatMap(({ spans = [] }) => spans))) {
    span.traceId = hex(span.traceId);
    span.spanId = hex(span.spanId);
    span.parentSpanId = hex(span.parentSpanId);
    span.links = span.links?.map(({ traceId, spanId }) => ({ traceId: hex(traceId), spanId: hex(spanId) })) ?? [];
  }
  return message;
}

function spansOf({ resourceSpans = [] }: Message): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans = [] }) => {
    const service = String(valuesOf(resource?.attributes)["service.name"]);
    return scopeSpans
      .flatMap(({ spans = [] }) => spans)
      .map((span) => ({
        service,
        name: span.name,
        kind: span.kind,
        traceId: span.traceId,
        spanId: span.spanId,
        parentSpanId: span.parentSpanId ?? "",
        traceState: span.traceState ?? "",
        startNanos: BigInt(span.startTimeUnixNano),
        endNanos: BigInt(span.endTimeUnixNano),
        attributes: valuesOf(span.attributes),
        links: (span.links ?? []).map(({ traceId, spanId }) => ({ traceId, spanId })),
        status: span.status?.code ?? 0,
      }));
  });
}

function valuesOf(pairs: Pair[] = []): Record<string, unknown> {
  return Object.fromEntries(
    pairs.map(({ key, value = {} }) => [
      key,
      value.stringValue ?? value.boolValue ?? value.doubleValue ?? (value.intValue === undefined ? undefined : Number(value.intValue)),
    ]),
  );
}
