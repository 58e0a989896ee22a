/**
 * The forms of the settings that name a Kafka cluster's brokers and topics: taken apart here, so that the configuration refuses what
 * is wrong with them before anything runs.
 */

/** A topic that is read, and whose events its messages are. */
export interface KafkaTopic {
  topic: string;
  tenantId: string;
  /** Of events that name no type; "" when they must. */
  defaultType: string;
}

const TOPIC = /^[A-Za-z0-9._-]{1,249}$/;
const TENANT = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;

/** @returns what is wrong with `host:port`, in words; undefined when nothing is */
export function brokerFault(text: string): string | undefined {
  const port = /^(?:\[[0-9a-fA-F:]+\]|[A-Za-z0-9_.-]+):(\d{1,5})$/.exec(text)?.[1];
  const good = port !== undefined && Number(port) >= 1 && Number(port) <= 65_535;
  return good ? undefined : "is no broker: write host and port, as in KAFKA_BROKERS=kafka-1.example.org:9092";
}

/** @returns what is wrong with `topic=tenant` or `topic=tenant:TYPE`, in words; undefined when nothing is */
export function topicFault(text: string): string | undefined {
  const { topic, tenantId, defaultType } = parseTopic(text);
  if (!text.includes("=")) return `names no tenant: write whose events they are, as in KAFKA_TOPICS=${topic || "orders"}=tenant-a`;
  if (!TOPIC.test(topic)) return "begins with no topic of Kafka: 1 to 249 letters, digits, '.', '_' and '-'";
  if (!TENANT.test(tenantId)) return "names no tenant id: 1 to 64 letters, digits, '.', '_' and '-', beginning with a letter or digit";
  return defaultType.length > 200 ? "has a default type of more than 200 characters" : undefined;
}

/** @param text that `topicFault` has no fault with */
export function parseTopic(text: string): KafkaTopic {
  const [topic = "", owner = ""] = splitOnce(text, "=");
  const [tenantId = "", defaultType = ""] = splitOnce(owner, ":");
  return { topic, tenantId, defaultType };
}

function splitOnce(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)];
}

export interface KafkaSettings {
  KAFKA_BROKERS: readonly string[];
  KAFKA_TOPICS: readonly KafkaTopic[];
  KAFKA_TENANT_HEADER?: string | undefined;
  KAFKA_HEADER_TENANTS: readonly string[];
  KAFKA_SASL_MECHANISM?: string | undefined;
  KAFKA_USERNAME?: string | undefined;
  KAFKA_PASSWORD?: string | undefined;
  KAFKA_TLS: boolean;
  KAFKA_TLS_CA?: string | undefined;
  KAFKA_TLS_CERT?: string | undefined;
  KAFKA_TLS_KEY?: string | undefined;
  TENANT_ALLOWLIST: readonly string[];
}

/** What is wrong with settings that are right one by one; a sentence each, beginning with the setting. */
export function kafkaFaults(config: KafkaSettings): string[] {
  const faults: string[] = [];
  const { KAFKA_TOPICS: topics, TENANT_ALLOWLIST: allowed } = config;
  if (config.KAFKA_BROKERS.length > 0 && topics.length === 0)
    faults.push("KAFKA_TOPICS: KAFKA_BROKERS is set, but no topic is named: KAFKA_TOPICS=orders=tenant-a");
  const twice = topics.find(({ topic }, i) => topics.some((other, k) => k < i && other.topic === topic));
  if (twice) faults.push(`KAFKA_TOPICS: ${twice.topic} is there twice; a topic has one tenant`);
  const outside = [...topics.map(({ tenantId }) => tenantId), ...config.KAFKA_HEADER_TENANTS].find(
    (tenantId) => allowed.length > 0 && !allowed.includes(tenantId),
  );
  if (outside) faults.push(`KAFKA_TOPICS, KAFKA_HEADER_TENANTS: ${outside} is not in TENANT_ALLOWLIST`);
  if ((config.KAFKA_TENANT_HEADER === undefined) !== (config.KAFKA_HEADER_TENANTS.length === 0))
    faults.push("KAFKA_TENANT_HEADER and KAFKA_HEADER_TENANTS belong together: the header, and the tenants that it may name");
  const { KAFKA_SASL_MECHANISM: mechanism, KAFKA_USERNAME: user, KAFKA_PASSWORD: password } = config;
  if (mechanism !== undefined && (user === undefined || password === undefined))
    faults.push(`KAFKA_SASL_MECHANISM: ${mechanism} needs KAFKA_USERNAME and KAFKA_PASSWORD`);
  if (mechanism === undefined && (user !== undefined || password !== undefined))
    faults.push("KAFKA_USERNAME, KAFKA_PASSWORD: KAFKA_SASL_MECHANISM says how they are sent, and is not set");
  if (!config.KAFKA_TLS && (config.KAFKA_TLS_CA ?? config.KAFKA_TLS_CERT ?? config.KAFKA_TLS_KEY) !== undefined)
    faults.push("KAFKA_TLS_CA, KAFKA_TLS_CERT, KAFKA_TLS_KEY: set KAFKA_TLS=true, or unset them");
  if ((config.KAFKA_TLS_CERT === undefined) !== (config.KAFKA_TLS_KEY === undefined))
    faults.push("KAFKA_TLS_CERT and KAFKA_TLS_KEY belong together: a client's certificate and its key");
  return faults;
}
