/**
 * The words for what goes wrong with a store, whichever store it is: every room that talks to one throws these, and one handler over
 * HTTP turns them into problems (`http/refusals.ts`).
 */
export type StoreName = "redis" | "mongodb" | "postgres";

const NAMES: Record<StoreName, string> = { redis: "Redis", mongodb: "MongoDB", postgres: "Postgres" };

/**
 * A store could not do it now: unreachable, in election, too late, overloaded, or its answer was lost. No event, request or
 * credential is to blame. Over HTTP: 503 `storage-unavailable`.
 */
export class StorageUnavailableError extends Error {
  override name = "StorageUnavailableError";
  /** The sentence for the client: no hosts, no users, nothing the driver said. */
  readonly detail: string;

  /** @param message for the log; also for the client when `cause` has what the driver said */
  constructor(
    readonly store: StoreName,
    message: string,
    cause?: unknown,
  ) {
    super(message, { cause });
    this.detail = cause === undefined ? `${NAMES[store]} does not answer.` : `${message}.`;
  }
}

/** A store answered, but the search takes too long: the caller must narrow it. Over HTTP: 400. */
export class SlowQueryError extends Error {
  override name = "SlowQueryError";

  /** @param how what narrows it, e.g. "with from and to" */
  constructor(timeoutMs: number, how: string) {
    super(`The search took longer than ${timeoutMs / 1000} s; narrow it ${how}.`);
  }
}

/** No answer within the deadline (see `within`); what was asked for may still happen. */
export class TimeoutError extends Error {
  override name = "TimeoutError";

  constructor(
    readonly what: string,
    timeoutMs: number,
  ) {
    super(`${what} did not answer within ${timeoutMs} ms`);
  }
}

/** Codes of MongoDB that blame what was asked: a value, pattern or update that it cannot take. Every other one is an outage. */
const MONGODB_REFUSALS = new Set([2, 9, 14, 16, 28, 40, 54, 66, 73, 168, 241, 11000, 16410, 28667, 31249, 51091, 51108, 51111]);

/** First words of Redis's error replies that speak of its state and not of the command. */
const REDIS_STATES =
  /^(LOADING|MASTERDOWN|READONLY|OOM|MISCONF|CLUSTERDOWN|NOREPLICAS|BUSY|TRYAGAIN|UNBLOCKED|NOAUTH|WRONGPASS|NOPERM)\b|max number of clients/;

/** What ioredis says of commands that a connection did not answer. */
const REDIS_CONNECTION =
  /^(Connection is closed|Stream isn't writeable|Command timed out|Reached the max retries per request|Redis connection lost|Command queue state)/;

/** Codes of Prisma that mean Postgres could not answer; of the system and of Postgres that mean the same. */
const PRISMA_STATES = /^(P1\d\d\d|P2024|P2028|P2037)$/;
const CONNECTION_STATES = /^(ECONN|ETIMEDOUT|EPIPE|EHOST|ENET|ENOTFOUND|EAI_|57P0|53|08)/;
const ADAPTER_STATES = new Set(["DatabaseNotReachable", "ConnectionClosed", "SocketTimeout", "TlsConnectionError", "TooManyConnections"]);

/** Whatever was thrown, as an outage of a store; undefined when it is none, and somebody made a mistake. */
export function outageOf(error: unknown): StorageUnavailableError | undefined {
  if (error instanceof StorageUnavailableError) return error;
  if (!(error instanceof Error)) return undefined;
  const store = storeThatFailed(error);
  return store && Object.assign(new StorageUnavailableError(store, error.message), { cause: error });
}

function storeThatFailed(error: Error): StoreName | undefined {
  const { name, message } = error;
  const code = (error as { code?: unknown }).code;
  if (error instanceof TimeoutError) return (Object.keys(NAMES) as StoreName[]).find((store) => NAMES[store] === error.what);
  // The one class of the driver that is not named after it.
  if (name === "PoolClearedOnNetworkError") return "mongodb";
  if (name.startsWith("Mongo")) return name === "MongoInvalidArgumentError" || isRefusal(code) ? undefined : "mongodb";
  if (name === "MaxRetriesPerRequestError" || name === "ClusterAllFailedError" || REDIS_CONNECTION.test(message)) return "redis";
  if (name === "ReplyError") return REDIS_STATES.test(message) ? "redis" : undefined;
  if (name === "PrismaClientInitializationError" || PRISMA_STATES.test(String(code))) return "postgres";
  if (name.startsWith("Prisma") || name === "DriverAdapterError") return adapterSaysAway(error) ? "postgres" : undefined;
  // What is left of bare network errors is Postgres's: the other two drivers wrap theirs.
  if (typeof code === "string" && CONNECTION_STATES.test(code)) return "postgres";
  return isPgAway(error) ? "postgres" : undefined;
}

/** Prisma's adapter has pg's error inside a raw query's, or a kind of its own. */
function adapterSaysAway(error: Error): boolean {
  const { driverAdapterError = error } = ((error as { meta?: unknown }).meta ?? {}) as { driverAdapterError?: Error };
  const { cause } = driverAdapterError as { cause?: unknown };
  if (cause instanceof Error) return storeThatFailed(cause) === "postgres";
  const { kind = "", originalCode = "" } = (cause ?? {}) as { kind?: string; originalCode?: string };
  return ADAPTER_STATES.has(kind) || CONNECTION_STATES.test(originalCode) || (kind === "" && isPgAway(driverAdapterError));
}

/** What `pg` throws has no code when its own deadline or its connection ended: these are its words, and no looser ones. */
const PG_CONNECTION =
  /^(Connection terminated|terminating connection|timeout exceeded when trying to connect|timeout expired|Query read timeout|Client has encountered a connection error|Client was closed and is not queryable|Cannot use a pool after calling end)/;

function isPgAway({ message }: Error): boolean {
  return PG_CONNECTION.test(message);
}

/**
 * For a `catch`: an outage gets a sentence of the caller's own, for the client; every other error stays what it is.
 * @throws StorageUnavailableError or the error itself
 */
export function sayOutage(message: string): (error: unknown) => never {
  return (error) => {
    const outage = outageOf(error);
    throw outage ? new StorageUnavailableError(outage.store, message, error) : error;
  };
}

const isRefusal = (code: unknown): boolean => typeof code === "number" && MONGODB_REFUSALS.has(code);
