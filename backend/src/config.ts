import { z } from "zod";
import { rangeFault } from "./lib/addresses.js";
import { cronFault } from "./lib/cron.js";
import { brokerFault, kafkaFaults, parseTopic, topicFault } from "./lib/kafka-settings.js";
import { publicSecrets } from "./lib/public-secrets.js";
import { parseRedisUrl } from "./lib/redis-url.js";

/**
 * Every setting of every process, read once from the environment. Names carry their unit; `.env.example` is generated
 * from this schema (`npm run env:example`), so a setting that is not here does not exist.
 */

const flag = z.stringbool();
const count = (fallback: number, about: string) => z.coerce.number().int().min(0).default(fallback).describe(about);
const positive = (fallback: number, about: string) => z.coerce.number().int().min(1).default(fallback).describe(about);
const itemsOf = (text: string): string[] =>
  text
    .split(",")
    .map((item) => item.trim())
    .filter(Boolean);
const list = z.string().default("").transform(itemsOf);
/** A cron expression (UTC); null when it is off. */
const schedule = (fallback: string, about: string) =>
  z
    .string()
    .default(fallback)
    .superRefine((text, context) => {
      const fault = text === "off" ? undefined : cronFault(text);
      if (fault) context.addIssue({ code: "custom", message: `${fault}; or off` });
    })
    .transform((text) => (text === "off" ? null : text))
    .describe(about);

/** Each item that is wrong is named, with what is wrong with it. @param none texts that mean an empty list */
const checkedList = (faultOf: (item: string) => string | undefined, none = /^$/) =>
  z
    .string()
    .default("")
    .transform((text) => (none.test(text.trim()) ? [] : itemsOf(text)))
    .superRefine((items, context) => {
      for (const item of items) {
        const fault = faultOf(item);
        if (fault !== undefined) context.addIssue({ code: "custom", message: `${item} ${fault}` });
      }
    });

/** A number of hops believed what anybody wrote who reached the port itself. */
const proxies = checkedList((item) => {
  const fault = rangeFault(item);
  return fault && `${fault}. Name the addresses of your own proxies: TRUST_PROXY=10.0.0.0/8,127.0.0.1`;
}, /^(0|false|no|off)$/i);

const origins = checkedList((item) =>
  URL.canParse(item) && new URL(item).origin === item
    ? undefined
    : "is no origin: write scheme, host and port without a path, as in CORS_ORIGINS=https://console.example.org",
);

/** A link that people follow: the dashboard puts a trace's id into it. */
const TRACE_ID_PLACE = "{traceId}";
const traceUrl = z
  .string()
  .refine((text) => text.includes(TRACE_ID_PLACE), `must hold ${TRACE_ID_PLACE}, where the trace's id goes`)
  .refine(
    (text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol),
    "must be an address that begins with http:// or https://, as in https://traces.example.org/trace/{traceId}",
  );
/** OpenTelemetry's own: what is wrong in one is logged, and never keeps a process from starting (telemetry/trace-settings.ts). */
const otel = (about: string) => z.string().optional().describe(about);

const KIB = 1024;
const MIB = 1024 * KIB;

export const configSchema = z.object({
  NODE_ENV: z.enum(["development", "test", "production"]).default("development").describe("Environment"),
  GIT_COMMIT: z.string().optional().describe("Commit that was built, shown at /build; unset, the checkout is asked"),
  LOG_LEVEL: z
    .enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"])
    .default("info")
    .describe("Least severe level that is logged (pino)"),
  HOST: z.string().default("127.0.0.1").describe("Address the API and the worker's health port listen on"),
  PORT: z.coerce.number().int().min(0).max(65535).default(3001).describe("API port; 0 takes a free one"),
  H2C_PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65535)
    .default(0)
    .describe(
      "Port at which a proxy reaches /v1/ingest/stream in HTTP/2 without TLS (nginx: grpc_pass), so that it can pass both directions at once; 0: none",
    ),
  WORKER_PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65535)
    .default(3002)
    .describe("Worker's health and metrics port; a taken one moves on to the next"),

  REDIS_URL: z
    .string()
    .superRefine((url, context) => {
      try {
        parseRedisUrl(url);
      } catch (error) {
        context.addIssue({ code: "custom", message: (error as Error).message });
      }
    })
    .default("redis://127.0.0.1:6379")
    .describe(
      "Redis (7.0 or later) or Valkey: redis://host:port, redis-sentinel://host:port,host:port/master or redis-cluster://host:port,host:port; rediss… with TLS. Unset, `npm start` runs its own",
    ),
  REDIS_KEY_PREFIX: z
    .string()
    .regex(/^[\w.-]+$/)
    .default("sf")
    .describe("First part of every Redis key; several installations can share a server"),
  REDIS_REPLICA_ACKS: count(0, "Replicas that must confirm each append (WAIT); 0 asks none"),
  MONGODB_URI: z
    .string()
    .default("mongodb://127.0.0.1:27017/?replicaSet=rs0")
    .describe("MongoDB replica set or mongos. Unset, `npm start` runs its own"),
  MONGODB_DATABASE: z.string().min(1).default("streamforge").describe("MongoDB database"),
  DATABASE_URL: z
    .string()
    .default("postgresql://postgres@127.0.0.1:5432/streamforge")
    .describe("Postgres 15 or later. Unset, `npm start` runs its own"),
  STREAMFORGE_DATA_DIR: z.string().default(".streamforge").describe("Where `npm start` keeps the data and logs of its own servers"),
  ALLOW_UNSAFE: flag
    .default(false)
    .describe("true starts in spite of settings under which acknowledged events can be lost (shown on the dashboard)"),

  ADMIN_TOKEN: z
    .string()
    .min(16, "must have at least 16 characters, so that nobody guesses it: openssl rand -hex 32")
    .optional()
    .describe("Opens the X-Admin-Token door; unset, that door does not exist. At least 16 characters, random"),
  ADMIN_EMAIL: z.string().default("admin@streamforge.local").describe("First admin, created when there are no users"),
  ADMIN_PASSWORD: z
    .string()
    .min(12)
    .optional()
    .describe("Password of the first admin, 12 characters or more and hard to guess; unset, one is generated and printed once"),
  KEY_PEPPER: z
    .string()
    .min(16)
    .default("streamforge-development-pepper")
    .describe("Secret of the HMAC under which API keys are kept; in production the default is refused: set your own and never change it"),
  TENANT_ALLOWLIST: list.describe("Comma-separated tenant ids that may be created; empty allows all"),
  CORS_ORIGINS: origins.describe(
    "Comma-separated origins of other pages that may use the API with a person's cookie; empty allows none, in development too",
  ),
  SESSION_TTL_SECONDS: positive(12 * 3600, "Longest life of a person's session, in seconds"),
  SESSION_IDLE_SECONDS: positive(2 * 3600, "A session that nobody uses for so long ends, in seconds; an open dashboard uses it"),
  COOKIE_SECURE: flag
    .default(false)
    .describe(
      "true when browsers come by HTTPS only and the proxy sends no X-Forwarded-Proto; cookies are Secure then, as they are behind one that does",
    ),
  TRUST_PROXY: proxies.describe(
    "Addresses of your own proxies, comma-separated, as 10.0.0.7 or 10.0.0.0/8: only what these write into X-Forwarded-For, -Proto and -Host is believed",
  ),

  MAX_EVENT_BYTES: positive(256 * KIB, "Largest single event, in bytes of JSON text"),
  MAX_BATCH_BYTES: positive(10 * MIB, "Largest array or NDJSON body after inflation, in bytes"),
  MAX_BATCH_EVENTS: positive(10_000, "Most events in one array or NDJSON body"),
  MAX_JSON_DEPTH: positive(64, "Deepest nesting of an event"),
  MAX_INFLATION_RATIO: positive(200, "Most bytes a gzip body may inflate to, per byte received"),
  STREAM_MAX_BYTES: positive(1024 * MIB, "Longest body of POST /v1/ingest/stream after inflation, in bytes"),
  MAX_BUFFERED_BYTES: positive(
    64 * MIB,
    "Request bodies held in memory at once, in bytes; a tenant, person or address has half. Beyond it the slowest gets 503",
  ),
  MAX_CONNECTIONS: positive(
    8_000,
    "Connections open at once; one address has half (behind a proxy: the proxy). Beyond it the oldest that asks nothing is closed",
  ),
  BODY_FIRST_BYTE_TIMEOUT_MS: positive(10_000, "Longest wait for a body's first byte, in ms"),
  BODY_TIMEOUT_MS: positive(60_000, "Longest time a body of /v1/events may take, in ms"),
  MIN_BODY_BYTES_PER_SECOND: count(1024, "Slowest body that is tolerated after 5 s, in bytes/s; 0 tolerates all"),
  MAX_WAITING_EVENTS: count(
    20_000,
    "Events that requests with Prefer: wait may wait for in one api process, half of them of one tenant; beyond, they are answered at once",
  ),
  ANSWER_STALL_TIMEOUT_MS: positive(
    30_000,
    "Longest time in which a client reads nothing of an answer in lines, in ms; then it is disconnected",
  ),
  APPEND_TIMEOUT_MS: positive(10_000, "How long an append is tried before it is answered 503 outcome-unknown, in ms"),
  DEFAULT_REQUESTS_PER_SECOND: count(0, "Requests a second allowed per API key when its tenant sets no limit of its own; 0 is unlimited"),
  DEFAULT_EVENTS_PER_SECOND: count(0, "Events a second allowed per tenant when it sets no limit; 0 is unlimited"),
  ADMIN_REQUESTS_PER_MINUTE: positive(600, "Administrative requests a minute allowed per tenant (all its keys) and person (all sessions)"),

  PARTITIONS: z.coerce
    .number()
    .int()
    .min(1)
    .max(1024)
    .default(1)
    .describe("Partitions of the stream at first start; later Redis's own number wins"),
  IDEMPOTENCY_TTL_SECONDS: positive(600, "Least time an identity is remembered in Redis, in seconds"),
  DEDUPE_STRATEGY: z
    .enum(["intent", "full", "none"])
    .default("intent")
    .describe("What identifies an event that has neither eventId nor idempotency key"),
  MAX_BACKLOG_EVENTS: positive(2_000_000, "Unsettled events beyond which sending is answered 503 backlog-full"),
  REDIS_MEMORY_LIMIT_RATIO: z.coerce
    .number()
    .min(0.1)
    .max(0.95)
    .default(0.7)
    .describe("Share of Redis's maxmemory beyond which sending is answered 503 backlog-full"),

  WORKER_BULK_EVENTS: positive(1000, "Documents aimed at in one MongoDB bulk"),
  WORKER_BULK_BYTES: positive(8 * MIB, "Most bytes in one MongoDB bulk"),
  WORKER_BULKS_IN_FLIGHT: z.coerce.number().int().min(1).max(16).default(3).describe("Bulks a worker keeps in flight"),
  WORKER_SHORT_READ_PAUSE_MS: count(15, "Pause after a read that found little, so that the next bulk is fuller, in ms"),
  MONGO_TIMEOUT_MS: positive(10_000, "Deadline of each MongoDB operation, in ms"),
  CLAIM_IDLE_MS: positive(
    20_000,
    "Idle time after which an entry counts as abandoned and is claimed, in ms; keep it above MONGO_TIMEOUT_MS",
  ),
  MAX_RETRY_ATTEMPTS: positive(5, "Failures that name the event itself before it becomes a dead letter"),
  UNKNOWN_TYPE_POLICY: z
    .enum(["auto", "store", "dead-letter"])
    .default("auto")
    .describe("Events of a type that is not registered: auto is strict for tenants with registered types only"),
  MAX_SCHEMA_BYTES: positive(64 * KIB, "Largest JSON Schema of an event type, in bytes"),
  MAX_EVENT_TYPES_PER_TENANT: positive(1_000, "Event types of one tenant, retired ones included"),
  MAX_SCHEMA_BYTES_PER_TENANT: positive(4 * MIB, "Bytes of a tenant's schemas that count, together; every process holds them"),
  MAX_EVENT_HOURS_PER_TENANT: positive(
    20_000,
    "Hours of the past in which a tenant's events are found by their hour; events in further ones are stored with a place of their own",
  ),
  ATTEMPTS_RETENTION_DAYS: positive(30, "How long failed attempts are kept, in days"),
  LEDGER_RETENTION_DAYS: positive(400, "How long the minutes of the ledger are kept, in days"),
  REPLAY_RATE_PER_SECOND: positive(500, "Letters a second that a replay takes when it names no rate"),
  MAX_JOBS_PER_TENANT: positive(50, "Jobs of one tenant that have not ended; more are answered 429"),
  RETENTION_DAYS: count(30, "How long events are kept after they were received, in days; 0 keeps them for ever. A tenant may have its own"),
  DEAD_LETTER_RETENTION_DAYS: count(90, "How long dead letters are kept after they last failed, in days; 0 keeps them for ever"),
  RETENTION_CRON: schedule(
    "15 3 * * *",
    "When what is too old is removed, as a cron expression in UTC; off: only when somebody asks for it",
  ),
  RETENTION_AFTER_EXPORT: flag.default(false).describe("Keeps events until an export has them, however old they are"),
  RETRY_BASE_MS: positive(1000, "First retry delay, doubled each time with jitter, in ms"),
  RETRY_MAX_MS: positive(60_000, "Longest retry delay, in ms"),
  CIRCUIT_FAILURES: positive(5, "Failed bulks in a row that open the circuit"),
  CIRCUIT_SUCCESSES: positive(2, "Successful bulks that close it"),
  CIRCUIT_OPEN_MS: positive(
    30_000,
    "How long an open circuit waits before it tries one bulk where nothing says earlier that MongoDB is back, in ms",
  ),

  KAFKA_BROKERS: checkedList(brokerFault).describe(
    "Comma-separated brokers of the Kafka cluster that events are read from, as host:port; empty runs no Kafka source",
  ),
  KAFKA_TOPICS: checkedList(topicFault)
    .transform((topics) => topics.map(parseTopic))
    .describe(
      "Comma-separated topics and whose events they hold: orders=tenant-a, or orders=tenant-a:ORDER with a type for events without one",
    ),
  KAFKA_TENANT_HEADER: z
    .string()
    .regex(/^[!-~]{1,100}$/, "must have 1 to 100 visible ASCII characters")
    .optional()
    .describe("Header of a message that names its tenant instead of the topic's; unset, no header does"),
  KAFKA_HEADER_TENANTS: list.describe(
    "Comma-separated tenants that the header may name; a message that names another one becomes a dead letter",
  ),
  KAFKA_GROUP: z
    .string()
    .regex(/^\S{1,200}$/, "must have 1 to 200 characters and no white space")
    .default("streamforge")
    .describe("Consumer group of all Kafka sources of this installation"),
  KAFKA_START: z
    .enum(["earliest", "latest"])
    .default("earliest")
    .describe("Where a partition is begun of which the group has committed no offset"),
  KAFKA_SASL_MECHANISM: z.enum(["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]).optional().describe("How the source signs in at the brokers"),
  KAFKA_USERNAME: z.string().optional().describe("Its name there"),
  KAFKA_PASSWORD: z.string().optional().describe("Its password there"),
  KAFKA_TLS: flag.default(false).describe("true speaks TLS with the brokers"),
  KAFKA_TLS_CA: z
    .string()
    .optional()
    .describe("File of the authority that signed the brokers' certificates, PEM; unset, Node's own list counts"),
  KAFKA_TLS_CERT: z.string().optional().describe("File of a client's certificate, PEM, for brokers that ask for one"),
  KAFKA_TLS_KEY: z.string().optional().describe("File of its key, PEM"),
  KAFKA_PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65535)
    .default(3102)
    .describe("Kafka source's health and metrics port; a taken one moves on to the next"),

  EXPORT_DIR: z
    .string()
    .optional()
    .describe(
      "Folder that exports to Parquet are written to; all workers need the same one. Unset, there is none, but that `npm start` has `exports` in its data folder",
    ),
  EXPORT_S3_BUCKET: z.string().optional().describe("Bucket that exports to Parquet are written to. Unset, there is no such target"),
  EXPORT_S3_PREFIX: z.string().default("").describe("First part of every key in the bucket, such as streamforge/production"),
  EXPORT_S3_REGION: z.string().default("us-east-1").describe("Region of the bucket"),
  EXPORT_S3_ENDPOINT: z
    .url({ protocol: /^https?$/, error: "must be a URL such as https://minio.example.org:9000" })
    .optional()
    .describe("Another server that speaks S3, as https://minio.example.org:9000; unset, Amazon's"),
  EXPORT_S3_ACCESS_KEY_ID: z
    .string()
    .optional()
    .describe("Access key of the bucket; unset, the usual ways are tried (AWS_* variables, profiles, the machine's role)"),
  EXPORT_S3_SECRET_ACCESS_KEY: z.string().optional().describe("Its secret"),
  EXPORT_TEMP_DIR: z
    .string()
    .optional()
    .describe("Where parts for the bucket are written before they are sent; unset, the system's folder for temporary files"),
  EXPORT_CRON: z
    .string()
    .optional()
    .superRefine((text, context) => {
      const fault = text === undefined ? undefined : cronFault(text);
      if (fault) context.addIssue({ code: "custom", message: fault });
    })
    .describe("When what was stored since the last time is exported, all tenants, as a cron expression in UTC: 15 * * * *. Unset, never"),
  EXPORT_BEHIND_SECONDS: count(
    60,
    "How far behind the clock a scheduled export stays, in seconds, so that clocks that differ or are corrected by less lose nothing",
  ),
  EXPORT_PART_EVENTS: positive(500_000, "Most events in one part of an export"),

  SHUTDOWN_TIMEOUT_MS: z.coerce
    .number()
    .int()
    .min(2_000)
    .default(9_000)
    .describe("Time given to requests and bulks in hand at shutdown, in ms; the process ends a second later at the latest"),

  OTEL_EXPORTER_OTLP_ENDPOINT: otel(
    "Collector that takes traces by OTLP over HTTP, as http://localhost:4318; unset, there are none. The other OTEL_EXPORTER_OTLP_* settings (HEADERS, TIMEOUT, COMPRESSION, CERTIFICATE) are the standard's, too",
  ),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: otel("Same for traces alone, the whole address: http://localhost:4318/v1/traces"),
  OTEL_EXPORTER_OTLP_PROTOCOL: otel("http/protobuf (unless told) or http/json"),
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: otel("Same for traces alone"),
  OTEL_TRACES_EXPORTER: otel("otlp, or none for no traces; unset, otlp when there is an endpoint"),
  OTEL_SDK_DISABLED: otel("true for no traces, whatever else is set"),
  OTEL_TRACES_SAMPLER: otel(
    "Which traces are recorded: parentbased_always_on (unless told), always_on, always_off, traceidratio, parentbased_traceidratio or parentbased_always_off",
  ),
  OTEL_TRACES_SAMPLER_ARG: otel("Share of the traces that the two ratio samplers record, 0 to 1 (1 unless told)"),
  OTEL_SERVICE_NAME: otel("Name of the service in traces; unset, streamforge-api and streamforge-worker"),
  OTEL_RESOURCE_ATTRIBUTES: otel("More about the service, as deployment.environment.name=production,service.version=1.2.3"),
  OTEL_BSP_MAX_QUEUE_SIZE: otel("Most spans that wait for the collector (2048 unless told); more are dropped and counted"),
  OTEL_BSP_SCHEDULE_DELAY: otel("Longest time a span waits for others before it is sent, in ms (5000 unless told)"),
  TRACE_URL_TEMPLATE: traceUrl
    .optional()
    .describe("Page of a trace, as https://traces.example.org/trace/{traceId}: the dashboard links events to it; unset, it does not"),
});

export type Config = Readonly<z.infer<typeof configSchema>>;

/**
 * Reads the configuration.
 * @param env the environment, `process.env` unless told
 * @throws Error that names every wrong setting and what it should be, one a line
 */
export function loadConfig(env: Record<string, string | undefined> = process.env): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ""));
  const parsed = configSchema.safeParse(given);
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `  ${issue.path.join(".")}: ${issue.message}`);
    throw new Error(`Wrong settings:\n${lines.join("\n")}\nSee .env.example for each setting with its default and unit.`);
  }
  if (parsed.data.CLAIM_IDLE_MS <= parsed.data.MONGO_TIMEOUT_MS) {
    throw new Error(
      `Wrong settings:\n  CLAIM_IDLE_MS (${parsed.data.CLAIM_IDLE_MS}) must be above MONGO_TIMEOUT_MS (${parsed.data.MONGO_TIMEOUT_MS}), else a bulk in flight is taken for abandoned.`,
    );
  }
  const faults = [...kafkaFaults(parsed.data), ...exportFaults(parsed.data)];
  if (faults.length > 0) throw new Error(`Wrong settings:\n  ${faults.join("\n  ")}`);
  const known = parsed.data.NODE_ENV === "production" ? publicSecrets(parsed.data) : [];
  if (known.length > 0) {
    throw new Error(
      `Wrong settings for NODE_ENV=production:\n  ${known.join("\n  ")}\nWithout openssl: node -e 'console.log(crypto.randomBytes(32).toString("hex"))'. KEY_PEPPER is kept for ever: another one makes every API key invalid.`,
    );
  }
  return Object.freeze(parsed.data);
}

/** Settings of exports that do not go together. */
function exportFaults(config: Config): string[] {
  const { EXPORT_DIR, EXPORT_S3_BUCKET, EXPORT_S3_ACCESS_KEY_ID, EXPORT_S3_SECRET_ACCESS_KEY, EXPORT_CRON } = config;
  const faults: string[] = [];
  if (EXPORT_CRON !== undefined && EXPORT_DIR === undefined && EXPORT_S3_BUCKET === undefined)
    faults.push("EXPORT_CRON needs a target: set EXPORT_DIR or EXPORT_S3_BUCKET.");
  if ((EXPORT_S3_ACCESS_KEY_ID === undefined) !== (EXPORT_S3_SECRET_ACCESS_KEY === undefined))
    faults.push("EXPORT_S3_ACCESS_KEY_ID and EXPORT_S3_SECRET_ACCESS_KEY go together: set both, or neither.");
  return faults;
}
