import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type LocalServer, processEnvironment, startMongo, startPostgres, startRedis } from "@streamforge/infrastructure/local";
import { migrate, seed } from "../../src/accounts/bootstrap.js";
import { loadConfig } from "../../src/config.js";

/** A process of StreamForge under test. */
export interface TestProcess {
  readonly url: string;
  pid(): number;
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Starts it again, on the same port, when it has ended. */
  restart(): Promise<void>;
  alive(): boolean;
  /** What it wrote, for failures. */
  output(): string;
}

export interface Stack {
  apiUrl: string;
  adminToken: string;
  adminEmail: string;
  adminPassword: string;
  apiKey: string;
  redis: LocalServer;
  mongo: LocalServer;
  postgres: LocalServer;
  api: TestProcess;
  worker: TestProcess;
  /** Settings of all processes. */
  env: Record<string, string>;
  /** Another process of the same kind. */
  startApi(env?: Record<string, string>): Promise<TestProcess>;
  startWorker(env?: Record<string, string>): Promise<TestProcess>;
  startKafka(env: Record<string, string>): Promise<TestProcess>;
  stop(): Promise<void>;
}

export interface StackOptions {
  /** Settings of all processes. */
  env?: Record<string, string>;
  apiEnv?: Record<string, string>;
  workerEnv?: Record<string, string>;
  workers?: 0 | 1;
  /** Starts the Redis; unset, one server. */
  startRedis?: (dataDir: string) => Promise<LocalServer>;
  /** Starts the MongoDB; unset, a set of one member. */
  startMongo?: (dataDir: string) => Promise<LocalServer>;
}

const DIST = fileURLToPath(new URL("../../dist/", import.meta.url));
const FUSED = fileURLToPath(new URL("./fault-points.ts", import.meta.url));
const ADMIN_TOKEN = "test-admin-token-0123456789";

/** Real Redis, MongoDB and Postgres of its own, one API and one worker as processes of their own. */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const dataDir = mkdtempSync(join(tmpdir(), "streamforge-test-"));
  const [redis, mongo, postgres] = await Promise.all([
    options.startRedis?.(join(dataDir, "redis")) ?? startRedis({ dataDir: join(dataDir, "redis") }),
    options.startMongo?.(join(dataDir, "mongodb")) ?? startMongo({ dataDir: join(dataDir, "mongodb") }),
    startPostgres({ dataDir: join(dataDir, "postgres") }),
  ]);
  const env: Record<string, string> = {
    NODE_ENV: "test",
    HOST: "127.0.0.1",
    LOG_LEVEL: "warn",
    REDIS_URL: redis.url,
    MONGODB_URI: mongo.url,
    DATABASE_URL: postgres.url,
    ADMIN_TOKEN,
    ADMIN_PASSWORD: "correct horse battery",
    PORT: "0",
    WORKER_PORT: "0",
    KAFKA_PORT: "0",
    CLAIM_IDLE_MS: "3000",
    MONGO_TIMEOUT_MS: "2500",
    CIRCUIT_OPEN_MS: "1000",
    RETRY_BASE_MS: "200",
    ...options.env,
  };
  await migrate(postgres.url);
  const seeded = await seed(loadConfig(env));
  const started: TestProcess[] = [];
  const start = async (script: string, more: Record<string, string> = {}): Promise<TestProcess> => {
    // With a fuse the same process is composed by a program of the tests.
    const fused: Record<string, string> = more.FAULT_POINT || more.FAULT_TEXT ? { FAULT_PROCESS: script.replace(".js", "") } : {};
    const process_ = await startProcess(script, { ...env, ...more, ...fused });
    started.push(process_);
    return process_;
  };
  const startApi = (more?: Record<string, string>) => start("api.js", { ...options.apiEnv, ...more });
  const startWorker = (more?: Record<string, string>) => start("worker.js", { ...options.workerEnv, ...more });
  const api = await startApi();
  const worker = options.workers === 0 ? (undefined as unknown as TestProcess) : await startWorker();

  return {
    apiUrl: api.url,
    adminToken: ADMIN_TOKEN,
    adminEmail: seeded.adminEmail,
    adminPassword: "correct horse battery",
    apiKey: seeded.apiKey as string,
    redis,
    mongo,
    postgres,
    api,
    worker,
    env,
    startApi,
    startWorker,
    startKafka: (more) => start("kafka.js", more),
    async stop() {
      await Promise.all(started.map((one) => (one.alive() ? one.kill("SIGKILL") : undefined)));
      await Promise.all([redis.stop(), mongo.stop(), postgres.stop()]);
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/**
 * Starts a program and waits until it says that it listens.
 * @param script a file of `dist`, or the whole path of another one
 */
export async function startProcess(script: string, env: Record<string, string>): Promise<TestProcess> {
  let child: ChildProcess;
  let port = "";
  let output = "";
  let ended: Promise<void>;

  const launch = async (): Promise<void> => {
    const portName = script.includes("worker") ? "WORKER_PORT" : script.includes("kafka") ? "KAFKA_PORT" : "PORT";
    child = spawn(process.execPath, [env.FAULT_PROCESS ? FUSED : resolve(DIST, script)], {
      env: processEnvironment({ PATH: process.env.PATH, ...env, ...(port ? { [portName]: port } : {}), LOG_LEVEL: "info" }),
      stdio: ["ignore", "pipe", "pipe"],
    });
    ended = new Promise((done) => child.once("exit", () => done()));
    const keep = (text: string): void => {
      output = (output + text).slice(-20_000);
    };
    child.stderr?.on("data", (data: Buffer) => keep(data.toString()));
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    await new Promise<void>((listens, reject) => {
      lines.on("line", (line) => {
        keep(`${line}\n`);
        const listening = /"port":(\d+).*"msg":"listening"/.exec(line);
        if (!listening) return;
        port = listening[1] as string;
        listens();
      });
      void ended.then(() => reject(new Error(`${script} ended before it listened:\n${output}`)));
    });
  };
  await launch();

  return {
    get url() {
      return `http://127.0.0.1:${port}`;
    },
    pid: () => child.pid as number,
    async kill(signal) {
      child.kill(signal);
      if (signal !== "SIGSTOP" && signal !== "SIGCONT") await ended;
    },
    restart: launch,
    alive: () => child.exitCode === null && child.signalCode === null,
    output: () => output,
  };
}
