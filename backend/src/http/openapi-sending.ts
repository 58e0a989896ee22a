import { grouped, type ProblemCode } from "@streamforge/shared";
import type { Config } from "../config.js";
import {
  jsonAnswer,
  linesAnswer,
  parameterNamed,
  problemAnswer,
  problemMaybeWith,
  problemWith,
  responseNamed,
  schemaNamed,
} from "./openapi-sending-parts.js";
import { problem, problemDocument } from "./problems.js";

/** What a route says of itself to the document alone. Fastify neither parses nor checks by it. */
export interface OperationDetails {
  description: string;
  parameters: object[];
  requestBody: { required: true; description: string; content: Record<string, object> };
  responses: Record<string, object>;
}

type Limits = Pick<Config, "MAX_EVENT_BYTES" | "MAX_BATCH_BYTES" | "MAX_BATCH_EVENTS" | "STREAM_MAX_BYTES">;

// --- Examples. What is sent here is sent by a test, too. ----------------------------------------------------------

const example = (summary: string, value: unknown) => ({ summary, value });

const JSON_EXAMPLES = {
  one: example("One event", { eventId: "order-1001", eventType: "SALE", userId: "user-1", payload: { amount: 12.5, currency: "EUR" } }),
  many: example("An array; the payload's fields may stand beside the others", [
    { eventId: "order-1002", eventType: "SALE", userId: "user-1", amount: 5, currency: "EUR" },
    { eventId: "order-1003", eventType: "SALE", userId: "user-2", amount: 7, currency: "EUR" },
  ]),
  otherNames: example("One event, by the other names of its fields", {
    id: "order-1004",
    type: "SALE",
    user_id: "user-1",
    timestamp: "2026-01-31T12:00:00+01:00",
    service: "shop",
    data: { amount: 9.9, currency: "EUR" },
  }),
};

const LINES = `{"eventId":"pay-1001","eventType":"PAYMENT","amount":5,"currency":"EUR"}
{"eventId":"pay-1002","eventType":"PAYMENT","amount":7,"currency":"EUR"}
`;

const XML_EXAMPLE = `<events>
  <event><eventId>pay-1003</eventId><eventType>PAYMENT</eventType><amount>5</amount><currency>EUR</currency></event>
  <payment><eventId>pay-1004</eventId><eventType>PAYMENT</eventType><payload><amount>7</amount><currency>EUR</currency></payload></payment>
</events>
`;

const FIRST = { eventId: "order-1001", id: "00000000-0000-86e8-9cc4-566f99f1f93f", receivedAt: "2026-01-31T11:00:00.123Z" };
const ACCEPTED = { ...FIRST, status: "accepted" };
const STORED = { ...FIRST, status: "stored", storedAt: "2026-01-31T11:00:00.141Z" };
const DEAD = {
  ...FIRST,
  status: "dead",
  deadLetter: "00000000000086e89cc4566f99f1f93fd2a1e5ee3c0a1f05",
  code: "SCHEMA_INVALID",
  detail: "/amount must be number",
};
const ALL_TAKEN = { accepted: 2, duplicates: 0, conflicts: 0, rejected: 0, retry: 0, results: [] };
const REJECTED = { index: 1, status: "rejected", code: "invalid-event", detail: "/occurredAt must not be before 1970" };
const ONE_REJECTED = { ...ALL_TAKEN, accepted: 1, rejected: 1, results: [REJECTED] };

const ANSWER_LINES = [
  { index: 0, eventId: "pay-1001", status: "accepted", offset: LINES.indexOf("\n") + 1 },
  { index: 1, eventId: "pay-1002", status: "duplicate", offset: LINES.length },
  { summary: { ...ALL_TAKEN, accepted: 1, duplicates: 1, offset: LINES.length } },
];

const FORESEEN = { eventId: "order-1001", id: FIRST.id, status: "accepted", would: "stored" };
const FORESEEN_DEAD = { ...FORESEEN, would: "dead", code: "SCHEMA_INVALID" };
const FORESEEN_ITEM = { index: 0, eventId: "order-1002", status: "accepted", would: "stored" };

/** A problem as it would be sent. */
function problemExample(code: ProblemCode, detail: string, extra: Record<string, unknown> = {}): object {
  return problemDocument(problem(code, detail, extra), "/v1/events", "5d9b2d4e-3c55-4a43-9a0f-7f1f0f4f8d11");
}

// --- What several ways in share -----------------------------------------------------------------------------------

const HEADERS_IN = [
  "Idempotency-Key",
  "X-Idempotency-Key",
  "Content-Encoding",
  "X-Correlation-Id",
  "traceparent",
  "tracestate",
  "X-Tenant-Id",
];
const headersIn = (...more: string[]): object[] => [...HEADERS_IN, ...more].map(parameterNamed);

const REFUSALS = {
  401: responseNamed("Unauthenticated"),
  403: responseNamed("Forbidden"),
  408: responseNamed("TooSlow"),
  415: responseNamed("UnsupportedMediaType"),
  429: responseNamed("RateLimited"),
};

const UNAVAILABLE =
  "`backlog-full`, `storage-unavailable`, `shutting-down`: nothing was taken. `outcome-unknown`: that is not known; send again with the same id, it is stored once";

const LINES_CONTENT = {
  "application/x-ndjson": {
    schema: { type: "string", description: "One SentEvent a line. application/ndjson and application/jsonl are other names of this type" },
    example: LINES,
  },
};

const CLOUD_EVENT_EXAMPLE = {
  specversion: "1.0",
  id: "order-4711-created",
  source: "https://shop.example/orders",
  type: "order.created",
  time: "2026-01-31T12:00:00Z",
  data: { amount: 12.5 },
};
const CLOUD_EVENT = {
  type: "object",
  required: ["specversion", "id", "source", "type"],
  properties: { specversion: { const: "1.0" }, id: { type: "string" }, source: { type: "string" }, type: { type: "string" } },
  description: "CloudEvents 1.0: id is the eventId, time is occurredAt, data the payload, userid and partitionkey are what they say",
};
const CLOUD_EVENTS_CONTENT = {
  "application/cloudevents+json": { schema: CLOUD_EVENT, example: CLOUD_EVENT_EXAMPLE },
  "application/cloudevents-batch+json": { schema: { type: "array", items: CLOUD_EVENT }, example: [CLOUD_EVENT_EXAMPLE] },
};

const XML_SCHEMA = {
  type: "string",
  description:
    "One event as the root, of any name, or events inside an element `events`. Elements are the fields of a SentEvent, attributes `@name`, text beside them `#text`, repeated elements an array. UTF-8, or UTF-16 with a byte order mark; no DOCTYPE, no entities beyond XML's own, no processing instructions",
};
const XML_CONTENT = {
  "application/xml": { schema: XML_SCHEMA, example: XML_EXAMPLE },
  "text/xml": { schema: XML_SCHEMA, example: XML_EXAMPLE },
};

/** One event, an array or lines. */
function anyBody({ MAX_EVENT_BYTES, MAX_BATCH_BYTES, MAX_BATCH_EVENTS }: Limits) {
  const event = `${grouped(MAX_EVENT_BYTES)} bytes`;
  const batch = `${grouped(MAX_BATCH_BYTES)} bytes or ${grouped(MAX_BATCH_EVENTS)} events`;
  const requestBody: OperationDetails["requestBody"] = {
    required: true,
    description: `One event, or many as an array, as lines or as XML; CloudEvents also in binary mode, with any type of body and headers ce-…. An event has at most ${event}, a body ${batch}.`,
    content: {
      "application/json": {
        schema: { anyOf: [schemaNamed("SentEvent"), { type: "array", maxItems: MAX_BATCH_EVENTS, items: schemaNamed("SentEvent") }] },
        examples: JSON_EXAMPLES,
      },
      ...LINES_CONTENT,
      ...CLOUD_EVENTS_CONTENT,
      ...XML_CONTENT,
    },
  };
  const tooLarge = problemAnswer(`\`event-too-large\`: one event of more than ${event}. \`batch-too-large\`: more than ${batch}`);
  return { requestBody, tooLarge };
}

// --- The ways in --------------------------------------------------------------------------------------------------

/** How the document describes them; the limits are those of this installation. */
export function sendingOperations(limits: Limits): Record<"send" | "validate" | "stream", OperationDetails> {
  return { send: send(limits), validate: validate(limits), stream: stream(limits) };
}

function send(limits: Limits): OperationDetails {
  const { requestBody, tooLarge } = anyBody(limits);
  return {
    description:
      "202 means that the event is on disk: it will be stored exactly once, or become a dead letter that someone can see. What was not answered may be sent again: the same event is stored once. Of many, each has its own outcome; a bad one does not touch its neighbours.",
    parameters: headersIn("Prefer"),
    requestBody,
    responses: {
      200: jsonAnswer(
        "With Prefer: handling=lenient. A duplicate of one event: the first one's answer. Of many, some were not taken: as 207",
        {
          headers: ["Location", "Preference-Applied", "Retry-After"],
          schema: { anyOf: [schemaNamed("Accepted"), schemaNamed("BatchSummary")] },
          examples: { one: example("The first one's answer", ACCEPTED), some: example("One of two was rejected", ONE_REJECTED) },
        },
      ),
      201: jsonAnswer("With Prefer: wait. It is stored. Of many: each is stored, or was before", {
        headers: ["Location", "Preference-Applied"],
        schema: { anyOf: [schemaNamed("Stored"), schemaNamed("BatchSummary")] },
        examples: { one: example("One event", STORED), many: example("Many", { ...ALL_TAKEN, stored: 2, dead: 0 }) },
      }),
      202: jsonAnswer(
        "Accepted. Of many: each is accepted, or was before. With Prefer: wait also when an event is a dead letter by now, or none of both when the time had passed",
        {
          headers: ["Location", "Preference-Applied"],
          schema: { anyOf: [schemaNamed("Accepted"), schemaNamed("Dead"), schemaNamed("BatchSummary")] },
          examples: {
            one: example("One event", ACCEPTED),
            dead: example("With Prefer: wait, one that died", DEAD),
            many: example("Many", ALL_TAKEN),
          },
        },
      ),
      207: jsonAnswer("Of many, some were not taken; results says which and why. With Retry-After when some should be sent again", {
        headers: ["Preference-Applied", "Retry-After"],
        schema: schemaNamed("BatchSummary"),
        examples: { some: example("One of two was rejected", ONE_REJECTED) },
      }),
      400: problemAnswer(
        "`invalid-json`; `invalid-xml`; `invalid-event`: errors says where; `invalid-request`: a header, the query or the compression; `tenant-required`. When each of many was rejected, with the counts and results",
        {
          schema: problemMaybeWith("BatchSummary"),
          example: problemExample("invalid-event", REJECTED.detail, {
            errors: [{ pointer: "/occurredAt", detail: "must not be before 1970" }],
          }),
        },
      ),
      409: problemAnswer("`duplicate`: it was accepted before, with the same body. The first one counts; treat this as success", {
        headers: ["Location"],
        schema: problemWith("FirstAccepted"),
        example: problemExample("duplicate", "The first one counts; this may be treated as success.", FIRST),
      }),
      413: tooLarge,
      422: problemAnswer(
        "`identity-conflict`: another body was accepted under this identity, nothing was overwritten. `user-blocked`: its user was erased, and is refused since",
        {
          headers: ["Location"],
          schema: problemMaybeWith("FirstAccepted"),
          example: problemExample("identity-conflict", "An event with this identity and another body was accepted before.", FIRST),
        },
      ),
      503: problemAnswer(`${UNAVAILABLE}. When each of many should be sent again, with the counts and results`, {
        headers: ["Retry-After"],
        schema: problemMaybeWith("BatchSummary"),
        example: problemExample("outcome-unknown", "Send it again with the same id.", { eventId: FIRST.eventId }),
      }),
      ...REFUSALS,
    },
  };
}

function validate(limits: Limits): OperationDetails {
  const { requestBody, tooLarge } = anyBody(limits);
  return {
    description:
      "What sending would answer, the worker's checks included; nothing is stored. It is no promise: another request may take the identity a moment later.",
    parameters: headersIn(),
    requestBody,
    responses: {
      200: jsonAnswer("What would become of one event. Of many: when each would be accepted, or is a duplicate", {
        schema: { anyOf: [schemaNamed("Foreseen"), schemaNamed("ForeseenSummary")] },
        examples: {
          stored: example("One event that would be stored", FORESEEN),
          dead: example("One that would become a dead letter", FORESEEN_DEAD),
          many: example("Many", { ...ALL_TAKEN, accepted: 1, results: [FORESEEN_ITEM] }),
        },
      }),
      207: jsonAnswer("Of many, some would not be accepted", {
        schema: schemaNamed("ForeseenSummary"),
        examples: { some: example("The second of two would be rejected", { ...ONE_REJECTED, results: [FORESEEN_ITEM, REJECTED] }) },
      }),
      400: problemAnswer("As for sending. When each of many would be rejected, with the counts and results", {
        schema: problemMaybeWith("ForeseenSummary"),
      }),
      413: tooLarge,
      503: problemAnswer("`storage-unavailable`: what is stored cannot be looked up now. `backlog-full`, `shutting-down`", {
        headers: ["Retry-After"],
      }),
      ...REFUSALS,
    },
  };
}

function stream({ MAX_EVENT_BYTES, STREAM_MAX_BYTES }: Limits): OperationDetails {
  const most = `${grouped(STREAM_MAX_BYTES)} bytes`;
  return {
    description:
      "Read with backpressure, at the tenant's rate. Answered at the end; with Accept: application/x-ndjson a line per item as it is decided, while the rest is still read. The first item whose outcome is not known ends it. However it ends, what came before is taken and counted, and offset says where to resume.",
    parameters: headersIn("X-Stream-Offset"),
    requestBody: {
      required: true,
      description: `One event a line or element, of at most ${grouped(MAX_EVENT_BYTES)} bytes; ${most} in all, those before a resumption included.`,
      content: { ...LINES_CONTENT, ...XML_CONTENT },
    },
    responses: {
      200: linesAnswer(
        "With Accept: application/x-ndjson, from the first decided item on. The last line has the summary, and the problem that ended the stream before its end, if one did. A connection that breaks before it: resume at the offset of the last line",
        schemaNamed("StreamLine"),
        ANSWER_LINES,
      ),
      202: jsonAnswer("Each is accepted, or was before", {
        schema: schemaNamed("StreamSummary"),
        examples: { all: example("Two events", { ...ALL_TAKEN, offset: LINES.length }) },
      }),
      207: jsonAnswer("Some were not taken; results says which and why. With Retry-After when the rest should be sent, from offset on", {
        headers: ["Retry-After"],
        schema: schemaNamed("StreamSummary"),
        examples: { some: example("One of two was rejected", { ...ONE_REJECTED, offset: LINES.length }) },
      }),
      ...REFUSALS,
      400: problemAnswer(
        "`invalid-event`: each was rejected; `invalid-xml`: the document ends where it is no XML; `invalid-request`: a header, the query, the compression, or the upload broke off; `tenant-required`. With the summary when it was read",
        { schema: problemMaybeWith("StreamSummary") },
      ),
      408: problemAnswer("`request-timeout`: the body came too slowly", { schema: problemMaybeWith("StreamSummary") }),
      413: problemAnswer(`\`batch-too-large\`: more than ${most}`, { schema: problemMaybeWith("StreamSummary") }),
      503: problemAnswer(`${UNAVAILABLE}. With the summary when items were read before: resume at its offset`, {
        headers: ["Retry-After"],
        schema: problemMaybeWith("StreamSummary"),
      }),
    },
  };
}
