import { z } from "zod";
import { alarmBriefSchema } from "./ledger.js";
import { keptSchema, retentionSchema } from "./retention.js";
import {
  countShown as countOf,
  exactText,
  secretText,
  tenantIdSchema,
  timeShown as time,
  timeInBody,
  titleText,
  whole,
} from "./vocabulary.js";

/** The shapes of the HTTP API, shared by the server (validation, OpenAPI) and the dashboard (types). Times are RFC 3339 UTC. */

export const scopes = ["events:write", "events:read", "dead-letters:read", "dead-letters:write", "admin"] as const;
export const scopeSchema = z.enum(scopes);
export type Scope = z.infer<typeof scopeSchema>;

export const roles = ["viewer", "operator", "admin"] as const;
export const roleSchema = z.enum(roles);
export type Role = z.infer<typeof roleSchema>;

// --- Reading ------------------------------------------------------------------------------------------------------

/** How the text of an event was sent. `bytes` is no text: it could not be read as an event. */
export const eventFormats = ["json", "xml", "cloudevent", "bytes"] as const;
export type EventFormat = (typeof eventFormats)[number];

export const eventStatuses = ["queued", "retrying", "stored", "dead"] as const;

export const eventViewSchema = z.object({
  eventId: z.string(),
  id: z.string(),
  tenantId: z.string(),
  status: z.enum(eventStatuses),
  receivedAt: time,
  storedAt: time.optional(),
  processedAt: time.optional().describe("Same as storedAt, for older clients"),
  attempts: countOf.optional(),
  entry: z.string().optional().describe("<partition>/<id> of the stream entry it was stored from; absent after a replay"),
  appendedAt: time.optional().describe("When that entry was appended, by Redis's clock; with attempts above 1, for the last time"),
  durationMs: z.number().optional().describe("From accepted to written, in ms"),
  eventType: z.string().optional(),
  userId: z.string().optional(),
  subject: z.string().optional(),
  partitionKey: z.string().optional(),
  occurredAt: z.string().optional().describe("As the producer sent it; of an epoch number the time that it says, in UTC"),
  occurredAtSent: z.string().optional().describe("The epoch number, when the producer sent one"),
  source: z.string().optional(),
  schemaVersion: z.string().optional(),
  specVersion: z.string().optional(),
  correlationId: z.string().optional(),
  traceparent: z.string().optional().describe("Where it stands in its trace (W3C)"),
  tracestate: z.string().optional().describe("What vendors keep beside it"),
  payload: z.unknown().optional(),
  extensions: z.record(z.string(), z.unknown()).optional(),
  typeVersion: z.number().int().optional().describe("Version of its type's schema that the payload was checked against"),
  src_topic: z.string().optional().describe("Topic of the Kafka message it came from; absent when it came by HTTP"),
  src_partition: countOf.optional().describe("Partition of that topic"),
  src_offset: countOf.optional().describe("Offset in that partition"),
  patched: z
    .object({ replayId: z.string(), by: z.string(), from: z.string().describe("Id of the dead letter that holds what was sent") })
    .optional()
    .describe("Set when it was stored by a replay with a patch"),
  format: z.enum(eventFormats).optional().describe("What it was written in; absent: json"),
  raw: z.string().optional().describe("What is not JSON, exactly as it was sent"),
  deadLetter: z.string().optional().describe("Id of the dead letter, when status is dead"),
});
export type EventView = z.infer<typeof eventViewSchema>;

export const eventPageSchema = z.object({
  items: z.array(eventViewSchema),
  nextCursor: z.string().nullable(),
  page: countOf.optional().describe("As asked for"),
  total: countOf.optional().describe("All events that the filters select; only with page"),
});

// --- Dead letters -------------------------------------------------------------------------------------------------

export const reasonCodes = [
  "UNKNOWN_TYPE",
  "SCHEMA_INVALID",
  "IDENTITY_CONFLICT",
  "UNPROCESSABLE",
  "RETRY_EXHAUSTED",
  "INVALID_EVENT",
] as const;
export type ReasonCode = (typeof reasonCodes)[number];
export const letterStatuses = ["open", "replaying", "resolved", "discarded", "superseded"] as const;
export type LetterStatus = (typeof letterStatuses)[number];

export const deadLetterSchema = z.object({
  id: z.string(),
  tenantId: z.string(),
  eventId: z.string(),
  eventType: z.string().optional(),
  userId: z.string().optional(),
  source: z.string().optional(),
  status: z.enum(letterStatuses),
  reasonCode: z.enum(reasonCodes),
  message: z.string(),
  fingerprint: z.string(),
  attempts: countOf,
  receivedAt: time,
  failedAt: time.describe("First failure as a dead letter"),
  lastFailedAt: time,
  correlationId: z.string().optional(),
});
export type DeadLetter = z.infer<typeof deadLetterSchema>;

export const attemptSchema = z.object({
  attempt: countOf,
  status: z.string(),
  reasonCode: z.string(),
  errorMessage: z.string(),
  durationMs: z.number(),
  worker: z.string().optional(),
  at: time,
});
export const deadLetterDetailSchema = deadLetterSchema.extend({
  traceparent: z.string().optional().describe("Where its event stands in its trace (W3C)"),
  raw: z.string().describe("The item exactly as it was sent; what is no text (format bytes) in base64"),
  format: z.enum(eventFormats).optional().describe("How raw is to be read; absent: json"),
  json: z.string().optional().describe("Of what is not JSON: the JSON that was read from it, which a patch applies to"),
  origin: z.string().optional().describe("Where Kafka has the message: topic/partition/offset"),
  attemptsMade: z.array(attemptSchema).describe("Attempts that failed, of every acceptance of this identity, oldest first"),
  failures: z
    .array(z.object({ pointer: z.string(), detail: z.string() }))
    .optional()
    .describe("Where the payload does not fit the schema of its type, as JSON Pointers; SCHEMA_INVALID only"),
  replay: z
    .object({ id: z.string(), outcome: z.string().optional(), at: time })
    .optional()
    .describe("The last replay that took it, and what came of it"),
  discardReason: z.string().optional(),
  history: z.array(z.object({ at: time, who: z.string(), what: z.string() })),
});
export type DeadLetterDetail = z.infer<typeof deadLetterDetailSchema>;
export const deadLetterPageSchema = z.object({ items: z.array(deadLetterSchema), nextCursor: z.string().nullable() });

export const reasonGroupSchema = z.object({
  reasonCode: z.enum(reasonCodes),
  eventType: z.string().optional(),
  fingerprint: z.string(),
  count: countOf,
  firstSeen: time,
  lastSeen: time,
  sampleId: z.string(),
  message: z.string(),
  trend: z.array(countOf).describe("Open ones that died in each two hours of the last 24, the oldest first"),
});
export const reasonsSchema = z.object({
  items: z.array(reasonGroupSchema).describe("The most frequent causes, at most 500"),
  others: countOf.describe("Letters of all causes that are not in items"),
  asOf: time.describe("Of when the counts are: with hundreds of thousands of letters some seconds ago"),
});
export type ReasonGroup = z.infer<typeof reasonGroupSchema>;

// --- Operating ----------------------------------------------------------------------------------------------------

export const rateSchema = z.object({
  accepted: z.number(),
  stored: z.number(),
  dead: z.number(),
  duplicates: z.number(),
});

export const workerViewSchema = z.object({
  name: z.string(),
  host: z.string(),
  pid: z.number(),
  startedAt: time,
  lastSeenAt: time,
  alive: z.boolean().describe("Seen within the last 5 s"),
  storedPerSecond: z.number(),
  inHand: countOf.describe("Events read and not yet settled"),
  circuit: z.enum(["closed", "open", "half-open"]),
  rssBytes: countOf,
});
export type WorkerView = z.infer<typeof workerViewSchema>;

export const sourceViewSchema = z.object({
  name: z.string(),
  kind: z.literal("kafka"),
  host: z.string(),
  pid: z.number(),
  startedAt: time,
  lastSeenAt: time,
  alive: z.boolean().describe("Seen within the last 5 s"),
  ready: z.boolean().describe("It has joined its group, and the brokers answer"),
  messagesPerSecond: z.number(),
  rssBytes: countOf,
  topics: z.array(
    z.object({
      topic: z.string(),
      tenantId: z.string(),
      partitions: countOf.describe("How many of its partitions this process reads"),
      lagMessages: countOf.describe("Messages that are there and not yet durable here"),
      lagSeconds: z.number().describe("Age of the oldest of them"),
      paused: countOf.describe("Partitions that wait for the backlog or their tenant's rate"),
      pausedFor: z.string().nullable().describe("Code of what the first of them waits for, as HTTP would answer it"),
    }),
  ),
});
export type SourceView = z.infer<typeof sourceViewSchema>;

export const warningSchema = z.object({
  code: z.string(),
  severity: z.enum(["warning", "critical"]),
  message: z.string().describe("What is wrong, in words"),
  action: z.string().describe("What to do about it"),
  since: time.optional(),
  easedAt: time
    .optional()
    .describe(
      "When it held last; unset while it holds. A warning by a figure that goes up and down is shown until it has not held for 60 s",
    ),
});

export const statsSchema = z.object({
  at: time,
  eps: rateSchema.describe("Events a second over the last 2 s"),
  totals: rateSchema.describe("Events since the epoch"),
  backlog: z.object({
    events: countOf,
    oldestAgeSeconds: z.number().nullable(),
    drainEtaSeconds: z.number().nullable().describe("null when the backlog is not shrinking"),
    retrying: countOf,
  }),
  deadLetters: z.object({ open: countOf }),
  ledger: z.object({
    missing: countOf.describe("Accepted in closed minutes, yet neither stored, duplicate nor dead, and not acknowledged"),
    acknowledged: countOf.describe("The same, acknowledged by an operator: lost, and known to be"),
    alarms: z.array(alarmBriefSchema).describe("Not acknowledged, newest first; while there is one, nothing is called complete"),
    verdict: z.enum(["complete", "in-flight", "missing", "unknown"]),
    sentence: z.string(),
  }),
  workers: z.array(workerViewSchema),
  sources: z.array(sourceViewSchema).describe("Processes that read events from elsewhere than HTTP"),
  partitions: z.array(
    z.object({
      partition: countOf,
      backlogEvents: countOf,
      entries: countOf,
      retrying: countOf,
      oldestAgeSeconds: z.number().nullable(),
      accepted: countOf,
      settled: countOf,
    }),
  ),
  latencyMs: z.object({
    acceptP50: z.number().nullable(),
    acceptP99: z.number().nullable(),
    storeP50: z.number().nullable(),
    storeP99: z.number().nullable(),
  }),
  storage: z.object({
    redis: z.object({ ok: z.boolean(), usedMemoryBytes: countOf, maxMemoryBytes: countOf.describe("0 is unlimited"), version: z.string() }),
    mongodb: z.object({ ok: z.boolean(), version: z.string() }),
    postgres: z.object({ ok: z.boolean() }),
  }),
  warnings: z.array(warningSchema),
});
export type Stats = z.infer<typeof statsSchema>;

export const historyPointSchema = rateSchema.extend({ at: time, backlog: z.number() });
export const historySchema = z.object({
  stepSeconds: countOf,
  points: z.array(historyPointSchema).describe("Events a second; oldest first"),
});
export type History = z.infer<typeof historySchema>;

export const ledgerMinuteSchema = z.object({
  minute: time,
  tenantId: z.string(),
  accepted: countOf,
  stored: countOf,
  duplicate: countOf,
  dead: countOf,
  inFlight: countOf,
  missing: countOf,
  acknowledged: countOf.describe("How many of the missing an operator has acknowledged"),
  expired: countOf.describe("How many of its stored events retention has removed since; they stay counted as stored"),
  erased: countOf.describe("How many of its stored events an erasure has removed since; they stay counted as stored"),
  closed: z.boolean(),
});
export const ledgerSchema = z.object({
  items: z.array(ledgerMinuteSchema).describe("The newest `limit`, newest first"),
  truncated: z.boolean().describe("The range has older ones than these; total counts them all the same"),
  total: ledgerMinuteSchema.omit({ minute: true, tenantId: true, closed: true }).describe("Of the whole range"),
  missingSince: time.nullable().describe("First minute of the range with a missing event, acknowledged or not; null when none is missing"),
  unaccounted: countOf
    .nullable()
    .describe("Accepted in this range, of all tenants, and shown by no minute, because Redis lost the rows; null for keys of a tenant"),
  deadNow: z.object({ open: countOf, replaying: countOf, resolved: countOf, discarded: countOf, superseded: countOf }),
});
export type Ledger = z.infer<typeof ledgerSchema>;

export const dependencySchema = z.object({
  status: z.enum(["up", "down"]),
  latencyMs: z.number().nullable(),
  detail: z.string().optional(),
});
export const healthSchema = z.object({
  status: z.enum(["ok", "degraded", "down"]),
  uptimeSeconds: z.number(),
  version: z.string(),
  dependencies: z.object({ redis: dependencySchema, mongodb: dependencySchema, postgres: dependencySchema }),
});
export type Health = z.infer<typeof healthSchema>;

// --- Administration -----------------------------------------------------------------------------------------------

export const sessionRequestSchema = z.strictObject({ email: exactText(320), password: secretText() });
export const sessionSchema = z.object({ user: z.object({ id: z.string(), email: z.string(), role: roleSchema }), expiresAt: time });
export type Session = z.infer<typeof sessionSchema>;

export const environmentSchema = z.enum(["live", "test"]);

export const createKeySchema = z.strictObject({
  tenantId: tenantIdSchema,
  name: titleText(),
  scopes: z.array(scopeSchema).min(1).default(["events:write"]),
  environment: environmentSchema.default("live"),
  expiresAt: timeInBody.optional(),
  defaultType: exactText().optional().describe("eventType of events that name none"),
});
export const keyViewSchema = z.object({
  id: z.string(),
  tenantId: z.string(),
  name: z.string(),
  scopes: z.array(scopeSchema),
  environment: environmentSchema,
  defaultType: z.string().nullable(),
  createdAt: time,
  expiresAt: time.nullable(),
  revokedAt: time.nullable(),
  lastUsedAt: time.nullable(),
});
export const createdKeySchema = keyViewSchema.extend({ key: z.string().describe("Shown this once") });
export const rotateKeySchema = z.strictObject({ overlapSeconds: whole(0, 30 * 86_400).default(3600) });
export type KeyView = z.infer<typeof keyViewSchema>;

export const tenantLimitsSchema = z.strictObject({
  requestsPerSecond: whole(1).optional(),
  eventsPerSecond: whole(1).optional(),
});
export type TenantLimits = z.infer<typeof tenantLimitsSchema>;
export const createTenantSchema = z.strictObject({
  tenantId: tenantIdSchema,
  name: titleText(),
  limits: tenantLimitsSchema.default({}),
});
export const updateTenantSchema = z.strictObject({
  name: titleText().optional(),
  limits: tenantLimitsSchema.optional().describe("Replaces the limits as a whole; {} removes them"),
  retention: retentionSchema.optional().describe("Replaces the tenant's own retention as a whole; {} removes it"),
});
export const tenantViewSchema = z.object({
  tenantId: z.string(),
  name: z.string(),
  limits: tenantLimitsSchema,
  retention: retentionSchema,
  kept: keptSchema,
  settings: keptSchema.describe("What counts for a tenant without a retention of its own, in days; 0: for ever"),
  createdAt: time,
});
export type TenantView = z.infer<typeof tenantViewSchema>;
export const tenantListSchema = z.object({ items: z.array(tenantViewSchema).describe("By id"), nextCursor: z.string().nullable() });
