import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePort, type LocalServer, processEnvironment, startServers } from "../local/index.js";

export const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
export const DATABASE = "streamforge";
export const KEY_PREFIX = "sf";

/** A whole StreamForge of the bench's own: three servers, one api, one worker, data in a temporary folder. */
export interface System {
  host: string;
  port: number;
  redisUrl: string;
  /** For what StreamForge's own user may not: a checkpoint. */
  mongodbAdminUri: string;
  /** Opens the X-Admin-Token door. */
  adminToken: string;
  /** Process ids by the name that the tables use. */
  pids: { api: number; worker: number; redis: number; mongod: number };
  /** Makes a tenant with an API key. */
  createKey(tenantId: string): Promise<string>;
  /** Starts a Kafka source with these settings. @returns its process id */
  startKafka(settings: Record<string, string>): Promise<number>;
  signal(which: "worker", signal: NodeJS.Signals): void;
  stop(): Promise<void>;
}

/** High enough never to refuse, set so that the limits' own cost is in the figures. */
const LIMITS = { DEFAULT_REQUESTS_PER_SECOND: "1000000", DEFAULT_EVENTS_PER_SECOND: "100000000" };
const READY_WITHIN_MS = 30_000;

/**
 * @param onProgress told each step
 * @param root checkout whose programs run, this one unless told; @param more settings besides the bench's own
 * @throws Error that names the log of the process that did not come up
 */
export async function startSystem(
  onProgress: (line: string) => void,
  { root = ROOT, more = {} }: { root?: string; more?: Record<string, string> } = {},
): Promise<System> {
  const folder = mkdtempSync(join(tmpdir(), "streamforge-bench-"));
  onProgress("starting Redis, MongoDB and Postgres");
  const servers = await startServers({ dataDir: folder, onProgress });
  const children: ChildProcess[] = [];
  const stop = async (): Promise<void> => {
    for (const child of children.reverse()) await end(child);
    await servers.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const adminToken = randomBytes(24).toString("hex");
    const [port, workerPort] = [await freePort(), await freePort()];
    // As `npm start` and the containers have it.
    const env = processEnvironment({
      ...process.env,
      ...LIMITS,
      ...more,
      HOST: "127.0.0.1",
      PORT: String(port),
      WORKER_PORT: String(workerPort),
      ADMIN_TOKEN: adminToken,
      REDIS_URL: servers.redisUrl,
      REDIS_KEY_PREFIX: KEY_PREFIX,
      MONGODB_URI: servers.mongodbUri,
      MONGODB_DATABASE: DATABASE,
      DATABASE_URL: servers.databaseUrl,
    });
    onProgress("migrating, starting api and worker");
    execFileSync(process.execPath, [join(root, "backend/dist/standalone/database.js"), "migrate"], {
      env,
      stdio: ["ignore", "ignore", "inherit"],
    });
    const start = async (name: "api" | "worker" | "kafka", url: string, settings: Record<string, string> = {}): Promise<number> => {
      const log = join(folder, `${name}.log`);
      const fd = openSync(log, "a");
      const child = spawn(process.execPath, [join(root, `backend/dist/${name}.js`)], {
        env: { ...env, ...settings },
        stdio: ["ignore", fd, fd],
      });
      children.push(child);
      await ready(child, url, log);
      return child.pid as number;
    };
    const worker = await start("worker", `http://127.0.0.1:${workerPort}/`);
    const api = await start("api", `http://127.0.0.1:${port}/`);
    const server = (kind: LocalServer["kind"]) => servers.servers.find((one) => one.kind === kind) as LocalServer;
    const pidOf = (kind: LocalServer["kind"]) => server(kind).pid() as number;
    return {
      host: "127.0.0.1",
      port,
      redisUrl: servers.redisUrl,
      mongodbAdminUri: server("mongodb").adminUrl,
      adminToken,
      pids: { api, worker, redis: pidOf("redis"), mongod: pidOf("mongodb") },
      createKey: (tenantId) => createKey(`http://127.0.0.1:${port}`, adminToken, tenantId),
      async startKafka(settings) {
        const kafkaPort = await freePort();
        return start("kafka", `http://127.0.0.1:${kafkaPort}/`, { ...settings, KAFKA_PORT: String(kafkaPort) });
      },
      signal: (_which, signal) => void process.kill(worker, signal),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Ready when it answers HTTP at all: what it answers differs between the processes and does not matter here. */
async function ready(child: ChildProcess, url: string, log: string): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS;
  while (Date.now() < deadline && child.exitCode === null) {
    const answered = await fetch(url).then(
      async (response) => response.arrayBuffer().then(() => true),
      () => false,
    );
    if (answered) return;
    await sleep(100);
  }
  throw new Error(`A process did not start; it said:\n${readFileSync(log, "utf8").slice(-2_000)}`);
}

async function createKey(url: string, adminToken: string, tenantId: string): Promise<string> {
  const response = await fetch(`${url}/v1/admin/keys`, {
    method: "POST",
    headers: { "x-admin-token": adminToken, "content-type": "application/json" },
    body: JSON.stringify({ tenantId, name: "bench", scopes: ["events:write", "events:read"] }),
  });
  const body = await response.text();
  if (response.status !== 201) throw new Error(`Creating a key was answered ${response.status}: ${body}`);
  return (JSON.parse(body) as { key: string }).key;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGCONT");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), 12_000);
  await gone;
  clearTimeout(timer);
}
