import { readFileSync } from "node:fs";
import { Consumer, type ConsumerOptions } from "@platformatic/kafka";
import type { Config } from "../../config.js";

export type KafkaConfig = Pick<
  Config,
  | "KAFKA_BROKERS"
  | "KAFKA_TOPICS"
  | "KAFKA_TENANT_HEADER"
  | "KAFKA_HEADER_TENANTS"
  | "KAFKA_GROUP"
  | "KAFKA_START"
  | "KAFKA_SASL_MECHANISM"
  | "KAFKA_USERNAME"
  | "KAFKA_PASSWORD"
  | "KAFKA_TLS"
  | "KAFKA_TLS_CA"
  | "KAFKA_TLS_CERT"
  | "KAFKA_TLS_KEY"
>;

export type Client = Consumer<Buffer, Buffer, Buffer, Buffer>;

/** A member that says nothing for so long has died: others take its partitions. */
export const SESSION_TIMEOUT_MS = 10_000;
/** How long a rebalance waits for a member that is alive. Below the request time-out, since joining is one request. */
export const REBALANCE_TIMEOUT_MS = 15_000;
export const HEARTBEAT_MS = 1_000;
const REQUEST_TIMEOUT_MS = 25_000;

/**
 * Makes clients of the configured cluster.
 * @throws Error in one sentence when a file of certificates cannot be read
 */
export function kafkaClients(config: KafkaConfig, name: string): () => Client {
  const tls = config.KAFKA_TLS ? { tls: tlsOptions(config), tlsServerName: true } : {};
  const mechanism = config.KAFKA_SASL_MECHANISM;
  const sasl = mechanism ? { sasl: { mechanism, username: config.KAFKA_USERNAME ?? "", password: config.KAFKA_PASSWORD ?? "" } } : {};
  const options: ConsumerOptions<Buffer, Buffer, Buffer, Buffer> = {
    clientId: name,
    bootstrapBrokers: [...config.KAFKA_BROKERS],
    groupId: config.KAFKA_GROUP,
    autocommit: false,
    connectTimeout: 5_000,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // What fails is tried again by us, who know whether we still own the partition.
    retries: 0,
    sessionTimeout: SESSION_TIMEOUT_MS,
    rebalanceTimeout: REBALANCE_TIMEOUT_MS,
    heartbeatInterval: HEARTBEAT_MS,
    heartbeatStallTimeout: SESSION_TIMEOUT_MS,
    ...tls,
    ...sasl,
  };
  return () => {
    const client = new Consumer<Buffer, Buffer, Buffer, Buffer>({ ...options });
    // Each failure comes to its caller as well; unheard, this event would end the process.
    client.on("error", () => {});
    return client;
  };
}

function tlsOptions({ KAFKA_TLS_CA, KAFKA_TLS_CERT, KAFKA_TLS_KEY }: KafkaConfig) {
  const read = (setting: string, file: string | undefined): Buffer | undefined => {
    if (file === undefined) return undefined;
    try {
      return readFileSync(file);
    } catch (error) {
      throw new Error(`${setting} (${file}) cannot be read: ${(error as Error).message}`);
    }
  };
  const files = {
    ca: read("KAFKA_TLS_CA", KAFKA_TLS_CA),
    cert: read("KAFKA_TLS_CERT", KAFKA_TLS_CERT),
    key: read("KAFKA_TLS_KEY", KAFKA_TLS_KEY),
  };
  return Object.fromEntries(Object.entries(files).filter(([, content]) => content !== undefined));
}

/** The innermost reason of what the client throws, which wraps one in the other; without addresses of ours it has none. */
export function reasonOf(error: unknown): string {
  let found = error as { message?: string; cause?: unknown; errors?: unknown[] };
  for (let depth = 0; depth < 8; depth++) {
    const inner = found.errors?.at(-1) ?? found.cause;
    if (!(inner instanceof Error)) break;
    found = inner as typeof found;
  }
  return (found.message ?? String(error)).replace(/\.$/, "");
}
