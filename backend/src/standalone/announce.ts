import { relative } from "node:path";
import type { Seeded } from "../accounts/bootstrap.js";
import type { Config } from "../config.js";
import type { Home } from "./home.js";

export interface Announcement {
  /** As reached from this machine, ready for a URL. */
  host: string;
  port: number;
  home: Home;
  config: Config;
  seeded: Seeded;
  /** Whether events are accepted already. */
  ready: boolean;
  tookMs: number;
}

/** The last thing `npm start` prints: where to look, who may enter, and a line to paste. */
export function announce({ host, port, home, config, seeded, ready, tookMs }: Announcement): string {
  const logs = ["api", "worker", ...(config.KAFKA_BROKERS.length > 0 ? ["kafka"] : [])].map((name) => home.path(`${name}.log`));
  const base = `http://${host}:${port}`;
  return [
    "",
    ready
      ? `StreamForge is ready (${(tookMs / 1000).toFixed(1)} s).`
      : `StreamForge runs, but does not accept events yet; ${base}/ready says what it waits for.`,
    "",
    `  Dashboard   ${base}/`,
    `  API docs    ${base}/docs`,
    `  Sign in     ${seeded.adminEmail}, ${password(seeded, config)}`,
    `  API key     ${apiKey(seeded, home)}`,
    `  Logs        ${logs.join(", ")}`,
    ...(config.KAFKA_BROKERS.length > 0 ? [`  Kafka       ${reads(config)}`] : []),
    "",
    "Send an event:",
    "",
    `  ${curlLine(base, home, seeded.apiKey)}`,
    "",
    "npm run demo sends a lively mix; Ctrl-C stops everything.",
  ].join("\n");
}

function reads({ KAFKA_BROKERS, KAFKA_TOPICS, KAFKA_GROUP }: Config): string {
  const topics = KAFKA_TOPICS.map(({ topic, tenantId }) => `${topic} for ${tenantId}`);
  return `${topics.join(", ")}; from ${KAFKA_BROKERS.join(", ")} as group ${KAFKA_GROUP}`;
}

function password(seeded: Seeded, config: Config): string {
  if (seeded.adminPassword) return `password ${seeded.adminPassword} (shown only now)`;
  return config.ADMIN_PASSWORD ? "password as first set by ADMIN_PASSWORD" : "password as printed at the first start";
}

function apiKey(seeded: Seeded, home: Home): string {
  if (seeded.apiKey) return `${seeded.apiKey} (tenant-demo)`;
  const kept = home.demoKey() ? `in ${home.path("demo-key")} (tenant-demo)` : "as printed at the first start";
  return `${kept}; a new one: npm run sf -- keys create`;
}

/** Each paste sends another event, since a second one of the same id would be answered 409. */
function curlLine(base: string, home: Home, key: string | undefined): string {
  const file = relative(process.cwd(), home.path("demo-key"));
  const shown = key ?? (home.demoKey() ? `$(cat "${file.startsWith("..") ? home.path("demo-key") : file}")` : "$STREAMFORGE_KEY");
  const body = `{"eventId":"hello-'$(date +%s)'","eventType":"SALE","userId":"user-1","payload":{"amount":12.5,"currency":"EUR"}}`;
  return `curl -i ${base}/v1/events -H "Authorization: Bearer ${shown}" -H 'Content-Type: application/json' -d '${body}'`;
}
