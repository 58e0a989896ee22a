import {
  acceptedSchema,
  batchSummarySchema,
  deadSchema,
  firstAcceptedSchema,
  foreseenSchema,
  foreseenSummarySchema,
  itemResultSchema,
  nameSchema,
  sentEventSchema,
  storedSchema,
  streamLineSchema,
  streamSummarySchema,
} from "@streamforge/shared";
import { z } from "zod";

/** What the ways in share in the OpenAPI document: headers in and out, answers, and the schemas, which are zod's. */

const named = (kind: string) => (name: string) => ({ $ref: `#/components/${kind}/${name}` });
export const schemaNamed = named("schemas");
export const parameterNamed = named("parameters");
export const responseNamed = named("responses");
const headerNamed = named("headers");

// --- Headers in ---------------------------------------------------------------------------------------------------

const text = (more: object = {}) => ({ type: "string", ...more });
const header = (name: string, schema: object, description: string) => ({ name, in: "header", required: false, description, schema });
const KEY = text({ minLength: 1, maxLength: 180 });

const HEADERS_IN = [
  header(
    "Idempotency-Key",
    KEY,
    'The identity of events that have no eventId: what is sent again with the same key is stored once. Of several events each after the first also counts with its position. "abc", a structured string, and abc are one key',
  ),
  header("X-Idempotency-Key", KEY, "Same as Idempotency-Key. When both are there they must say the same"),
  header("Content-Encoding", text({ enum: ["gzip", "x-gzip", "identity"] }), "gzip when the body is compressed"),
  header(
    "X-Correlation-Id",
    text({ maxLength: 200 }),
    "Kept with the events, and answered. Visible ASCII, else it is ignored. Missing: the trace id of traceparent, else a new one",
  ),
  header(
    "traceparent",
    text({ pattern: "^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(-.*)?$" }),
    "W3C trace context: the request belongs to this trace, which is kept with the events. A malformed one is ignored",
  ),
  header("tracestate", text({ maxLength: 512 }), "W3C trace context: what vendors keep beside traceparent; kept with the events, too"),
  header(
    "X-Tenant-Id",
    text(),
    "Administrators choose a tenant with it. With an API key it may be missing; else it must be the key's tenant",
  ),
  header(
    "Prefer",
    text({ examples: ["handling=lenient", "wait=10"] }),
    "With wait=N (whole seconds, 30 at most) the answer comes when each accepted event is stored or dead, or when N seconds have passed. With handling=lenient a duplicate of one event is answered with 200 and the first one's answer, not with 409; and many of which some were not taken with 200, not with 207",
  ),
  header(
    "X-Stream-Offset",
    { type: "integer", minimum: 0 },
    "Resumes a broken upload: the offset of its summary. Send what follows that byte of the decoded stream, with the same idempotency key",
  ),
];

// --- Headers out --------------------------------------------------------------------------------------------------

const HEADERS_OUT = {
  "X-Correlation-Id": { description: "Names this request in the logs and in its events", schema: text() },
  traceresponse: { description: "Where the request stands in its trace, when that is recorded (as traceparent)", schema: text() },
  Location: { description: "Where the one event can be read", schema: text() },
  "Retry-After": { description: "Seconds to wait before sending again", schema: { type: "integer", minimum: 0 } },
  "RateLimit-Policy": { description: 'Where there is a limit: "requests";q=500;w=1 allows 500 a second', schema: text() },
  RateLimit: { description: 'What is left of it: "requests";r=499;t=1', schema: text() },
  "Preference-Applied": { description: "Which of the preferences the answer follows: handling=lenient, wait=N", schema: text() },
  "WWW-Authenticate": { description: "How to authenticate", schema: text() },
};
type HeaderOut = keyof typeof HEADERS_OUT;

// --- Answers ------------------------------------------------------------------------------------------------------

function answer(description: string, content: object, headers: readonly HeaderOut[]) {
  const names: HeaderOut[] = ["X-Correlation-Id", "traceresponse", ...headers];
  return { description, headers: Object.fromEntries(names.map((name) => [name, headerNamed(name)])), content };
}

/** Of whoever has a valid credential: its limits. */
const LIMITS = ["RateLimit-Policy", "RateLimit"] as const;

interface Details {
  headers?: HeaderOut[];
  schema?: object;
}

/** An answer in JSON. */
export function jsonAnswer(description: string, { headers = [], ...media }: Details & { examples: Record<string, object> }) {
  return answer(description, { "application/json": media }, [...LIMITS, ...headers]);
}

/** An answer of lines. @param line the schema of one */
export function linesAnswer(description: string, line: object, example: object[]) {
  const schema = text({ contentMediaType: "application/x-ndjson", contentSchema: line });
  return answer(
    description,
    { "application/x-ndjson": { schema, example: example.map((one) => `${JSON.stringify(one)}\n`).join("") } },
    LIMITS,
  );
}

/** An answer that is a problem. */
export function problemAnswer(
  description: string,
  { headers = [], schema = schemaNamed("Problem"), ...example }: Details & { example?: object } = {},
) {
  return answer(description, { "application/problem+json": { schema, ...example } }, [...LIMITS, ...headers]);
}

const problemContent = { "application/problem+json": { schema: schemaNamed("Problem") } };

const RESPONSES = {
  Invalid: problemAnswer(
    "`invalid-request`, `invalid-json`, `tenant-required`: errors[] names each parameter or member and what is wrong with it",
  ),
  NotFound: problemAnswer("`not-found`, `event-not-found`: there is no such thing, or it is another tenant's"),
  Unauthenticated: answer("`unauthenticated`: the credential is missing, malformed, unknown, expired or revoked", problemContent, [
    "WWW-Authenticate",
  ]),
  Forbidden: answer(
    "`forbidden`: the credential lacks the scope or the role for this. `tenant-mismatch`: X-Tenant-Id names another tenant than the key's",
    problemContent,
    LIMITS,
  ),
  TooSlow: problemAnswer("`request-timeout`: the body came too slowly"),
  UnsupportedMediaType: problemAnswer(
    "`unsupported-media-type`: another Content-Type or Content-Encoding than those described here. Accept or Accept-Encoding names those that are taken",
  ),
  RateLimited: problemAnswer(
    "`rate-limited`: too many requests, events or guesses in a time, or as much under way as one tenant or person may have: pages, searches, live views, retries and replays, schemas that are examined. Nothing was taken or done",
    { headers: ["Retry-After"] },
  ),
  Unavailable: problemAnswer("`storage-unavailable`, `shutting-down`: a store that this needs does not answer, or the process ends", {
    headers: ["Retry-After"],
  }),
};

/** A problem that also carries the members of another schema. */
export const problemWith = (schema: string) => ({ allOf: [schemaNamed("Problem"), schemaNamed(schema)] });
/** The problem of all items carries them, that of a body or request as a whole does not. */
export const problemMaybeWith = (schema: string) => ({ anyOf: [problemWith(schema), schemaNamed("Problem")] });

const SCHEMAS = {
  Name: nameSchema,
  SentEvent: sentEventSchema,
  Accepted: acceptedSchema,
  Stored: storedSchema,
  Dead: deadSchema,
  FirstAccepted: firstAcceptedSchema,
  ItemResult: itemResultSchema,
  BatchSummary: batchSummarySchema,
  StreamSummary: streamSummarySchema,
  StreamLine: streamLineSchema,
  Foreseen: foreseenSchema,
  ForeseenSummary: foreseenSummarySchema,
};

/** Everything that the operations of sending point to. */
export function sendingComponents(): Record<"schemas" | "parameters" | "headers" | "responses", Record<string, object>> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(SCHEMAS)) registry.add(schema, { id });
  // As input, answers too: as output zod closes objects, and a problem holds a summary among its own members.
  const { schemas } = z.toJSONSchema(registry, { io: "input", uri: (id) => schemaNamed(id).$ref });
  return {
    schemas: Object.fromEntries(Object.entries(schemas).map(([id, { $schema, $id, ...schema }]) => [id, schema])),
    parameters: Object.fromEntries(HEADERS_IN.map((one) => [one.name, one])),
    headers: HEADERS_OUT,
    responses: RESPONSES,
  };
}
