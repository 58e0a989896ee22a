import { expect, test } from "vitest";
import { loadConfig } from "../config.js";

const good = { KAFKA_BROKERS: "kafka-1:9092, [::1]:9093", KAFKA_TOPICS: "orders=tenant-a, ticks=tenant-b:TICK" };

test("brokers and topics are lists, and a topic may name a type", () => {
  expect(loadConfig(good)).toMatchObject({
    KAFKA_BROKERS: ["kafka-1:9092", "[::1]:9093"],
    KAFKA_TOPICS: [
      { topic: "orders", tenantId: "tenant-a", defaultType: "" },
      { topic: "ticks", tenantId: "tenant-b", defaultType: "TICK" },
    ],
  });
  expect(loadConfig({}).KAFKA_BROKERS).toEqual([]);
});

test.each([
  [{ KAFKA_BROKERS: "kafka-1" }, "kafka-1 is no broker: write host and port"],
  [{ KAFKA_BROKERS: "kafka-1:99999" }, "is no broker"],
  [{ KAFKA_TOPICS: "orders" }, "orders names no tenant"],
  [{ KAFKA_TOPICS: "or ders=a" }, "begins with no topic of Kafka"],
  [{ KAFKA_TOPICS: "orders=a/b" }, "names no tenant id"],
  [{ KAFKA_TOPICS: "orders=a,orders=b" }, "orders is there twice"],
  [{ KAFKA_TOPICS: "" }, "no topic is named"],
  [{ TENANT_ALLOWLIST: "tenant-a" }, "tenant-b is not in TENANT_ALLOWLIST"],
  [{ KAFKA_TENANT_HEADER: "tenant" }, "KAFKA_TENANT_HEADER and KAFKA_HEADER_TENANTS belong together"],
  [{ KAFKA_START: "newest" }, "KAFKA_START"],
  [{ KAFKA_SASL_MECHANISM: "PLAIN" }, "PLAIN needs KAFKA_USERNAME and KAFKA_PASSWORD"],
  [{ KAFKA_PASSWORD: "x" }, "KAFKA_SASL_MECHANISM says how they are sent"],
  [{ KAFKA_TLS_CA: "ca.pem" }, "set KAFKA_TLS=true"],
  [{ KAFKA_TLS: "true", KAFKA_TLS_CERT: "a.pem" }, "KAFKA_TLS_CERT and KAFKA_TLS_KEY belong together"],
])("%j is refused, and says why", (settings, says) => {
  expect(() => loadConfig({ ...good, ...settings })).toThrow(says);
});
