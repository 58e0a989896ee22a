import { Buffer } from "node:buffer";
import type { EventFormat, ProblemCode } from "@streamforge/shared";
import type { Sender } from "../../admission/admission.js";
import { binaryModeDecoder } from "../../ingest/decode/cloud-event-binary.js";
import { type Decoder, faultOf, MalformedBody, type SplitBody } from "../../ingest/decode/decoder.js";
import { jsonDecoder } from "../../ingest/decode/json.js";
import { charsetOf, decoderFor } from "../../ingest/decode/media-types.js";
import type { Ingest, Item } from "../../ingest/ingest.js";
import { invalidItem } from "../../ingest/unrefusable.js";
import { reportFault } from "../../lib/faults.js";
import type { KafkaTopic } from "../../lib/kafka-settings.js";
import { eventContext } from "../../stream/record.js";
import { NO_CONTEXT, readTraceContext, storedContext } from "../../telemetry/trace-context.js";
import type { Span } from "../../telemetry/traces.js";

/** A message as it was fetched. */
export interface KafkaMessage {
  topic: string;
  /** The id that Kafka gave the topic when it was made; "" where brokers know none. */
  topicId: string;
  partition: number;
  offset: number;
  timestampMs: number;
  value: Buffer | null;
  headers: [Buffer | null, Buffer | null][];
}

/** A message on its way in: whose it is, and what became of it. */
export interface Received {
  item: Item;
  sender: Sender;
  /** What names the message. */
  name: string;
  /** What it is appended as. */
  as: "accepted" | "conflict" | "invalid";
}

export interface ReaderDeps {
  ingest: Pick<Ingest, "receive">;
  topics: readonly KafkaTopic[];
  tenantHeader: string | undefined;
  headerTenants: readonly string[];
  /** The tenant, with its limits as last known. */
  sender: (tenantId: string) => Sender;
  partitions: number;
  /** Redis's clock, ms. */
  now: () => number;
}

const VISIBLE = /^[\x21-\x7e]{1,200}$/;
/** Of a vendor: `application/vnd.order+json`. */
const SOME_JSON = /^[^;]*\+json\s*(;|$)/i;
const NONE = Buffer.alloc(0);

/**
 * Makes items of messages. Nobody can be told that a message is no event, so one that is none becomes an item all the same, whose
 * event will be a dead letter `INVALID_EVENT` with its bytes.
 * @returns reads a message; one that brings no trace of its own belongs to that of its group, when that is recorded
 */
export function createMessageReader(deps: ReaderDeps): (message: KafkaMessage, group?: Span) => Received {
  const { ingest, sender, partitions } = deps;
  const byTopic = new Map(deps.topics.map((topic) => [topic.topic, topic]));
  const headerTenants = new Set(deps.headerTenants);

  /** The message's tenant: the header's where it names one, else the topic's. */
  const tenantOf = (owner: KafkaTopic, headers: Headers): { tenantId: string; fault?: string } => {
    const named = deps.tenantHeader === undefined ? undefined : headers.get(deps.tenantHeader);
    if (named === undefined || named === owner.tenantId) return owner;
    if (headerTenants.has(named)) return { tenantId: named };
    const fault = `the header ${deps.tenantHeader} names a tenant that is not in KAFKA_HEADER_TENANTS`;
    return { tenantId: owner.tenantId, fault };
  };

  return (message, group) => {
    const { topic, partition, offset, value } = message;
    const owner = byTopic.get(topic) as KafkaTopic;
    const headers = readHeaders(message);
    const { tenantId, fault } = tenantOf(owner, headers);
    const origin = `${topic}/${partition}/${offset}`;
    const trace = readTraceContext(headers.get("traceparent") ?? "", headers.get("tracestate"));
    const correlationId = headers.get("x-correlation-id") ?? "";
    const fields = {
      tenantId,
      keyName: topic,
      defaultType: owner.defaultType,
      correlationId: VISIBLE.test(correlationId) ? correlationId : (trace?.traceId ?? origin),
      ...(trace ? storedContext(trace) : group ? storedContext(group.context) : NO_CONTEXT),
      origin,
    };
    const name = nameOf(message);
    const receivedAtMs = deps.now();
    const bytes = value ?? NONE;
    const invalid = (code: string, detail: string, eventId = ""): Received => ({
      item: invalidItem({ bytes, eventId, name, fields, reason: `${code}: ${detail}`, receivedAtMs, partitions }),
      sender: sender(tenantId),
      name,
      as: "invalid",
    });

    if (fault !== undefined) return invalid("tenant-not-allowed", fault);
    try {
      const body = bodyOf(headers, bytes);
      if ("code" in body) return invalid(body.code, body.detail);
      const context = eventContext({ ...fields, format: body.format });
      const scope = { context, idempotencyKey: undefined, name, several: false, receivedAtMs };
      const item = ingest.receive(body.bytes, body.slices, scope, () => 0)[0] as Item;
      if (item.rejection) return invalid(item.rejection.code, item.rejection.detail, item.eventId);
      return { item, sender: sender(tenantId), name, as: "accepted" };
    } catch (error) {
      // It would come again and stop its partition for ever.
      reportFault("source", error);
      return invalid("internal", "it could not be read for a fault of StreamForge, which stands in the source's log");
    }
  };
}

type Body = Pick<SplitBody, "bytes" | "slices"> & { format: EventFormat };

const PREFIX = "ce_";

/** A message is a CloudEvent in Kafka's binary mode when a header says of which version. */
function decoderOf(headers: Headers, type: string | undefined): Decoder | undefined {
  if (!headers.has(`${PREFIX}specversion`))
    return decoderFor(type ?? "application/json") ?? (SOME_JSON.test(type as string) ? jsonDecoder : undefined);
  const attributes = [...headers].flatMap(([name, text]): [string, string][] =>
    name.startsWith(PREFIX) ? [[name.slice(PREFIX.length), text]] : [],
  );
  return binaryModeDecoder(attributes, type);
}

/** The one event of a message, by its content-type; or why it has none. */
function bodyOf(headers: Headers, value: Buffer): Body | { code: ProblemCode; detail: string } {
  const type = headers.get("content-type");
  const decoder = decoderOf(headers, type);
  if (!decoder) return { code: "unsupported-media-type", detail: `the message's content-type is ${type}` };
  try {
    const { bytes, slices } = decoder.split(value, 1, charsetOf(type));
    if (slices.length === 1) return { bytes, slices, format: decoder.format };
    return { code: "invalid-event", detail: `a message is one event, and this one holds ${slices.length === 0 ? "none" : "several"}` };
  } catch (error) {
    if (error instanceof MalformedBody) return { code: error.code, detail: faultOf(error) };
    throw error;
  }
}

/**
 * What identifies an event that has no id. The topic's id is part of it: a topic that was deleted and made again under its name begins
 * again at offset 0, with other events.
 */
function nameOf({ topic, topicId, partition, offset }: KafkaMessage): string {
  return `kafka:${topic}${topicId === "" ? "" : `~${topicId.replaceAll("-", "").slice(0, 8)}`}/${partition}/${offset}`;
}

type Headers = Map<string, string>;
const NO_HEADERS: Headers = new Map();

/** By name; of a name that is there twice the last one counts, as in Kafka's own clients. */
function readHeaders({ headers }: KafkaMessage): Headers {
  if (headers.length === 0) return NO_HEADERS;
  return new Map(headers.map(([name, value]) => [name?.toString("utf8") ?? "", value?.toString("utf8") ?? ""]));
}
