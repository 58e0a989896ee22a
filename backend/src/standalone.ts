import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { portIsFree, type Servers, startServers } from "@streamforge/infrastructure/local";
import { migrate, seed } from "./accounts/bootstrap.js";
import { type Config, loadConfig } from "./config.js";
import { parseRedisUrl } from "./lib/redis-url.js";
import { announce } from "./standalone/announce.js";
import { type Home, openHome } from "./standalone/home.js";
import { hostsOf, reachable } from "./standalone/reachable.js";
import { type Supervised, supervise } from "./standalone/supervise.js";

/**
 * `npm start`: the three servers (our own, or those that are configured), one api, one worker and, when KAFKA_BROKERS is set, one Kafka
 * source, each a process of its own that is started again when it dies, and all of them stopped in order.
 */
const say = (line: string) => console.log(line);
const startedMs = Date.now();

/** What is to be closed, last opened first. */
const open: (() => Promise<void>)[] = [];
let closing: Promise<void> | undefined;

async function main(): Promise<void> {
  // Logs and data are for who started it, not for the machine's other users.
  process.umask(0o077);
  // Unset, it is made below and kept.
  const given = loadConfig({ ...process.env, KEY_PEPPER: process.env["KEY_PEPPER"] || "made at the first start" });
  await portMustBeFree(given);
  const home = openHome(resolve(given.STREAMFORGE_DATA_DIR));
  say(`StreamForge starts; its data is in ${home.dir}`);

  const servers = await openServers(home, given.MONGODB_DATABASE);
  const env = {
    ...process.env,
    REDIS_URL: servers.redisUrl,
    MONGODB_URI: servers.mongodbUri,
    DATABASE_URL: servers.databaseUrl,
    KEY_PEPPER: process.env["KEY_PEPPER"] || home.keyPepper(),
    // Somewhere, so that an export can be tried.
    ...(given.EXPORT_DIR || given.EXPORT_S3_BUCKET ? {} : { EXPORT_DIR: join(home.dir, "exports") }),
  };
  const config = loadConfig(env);
  await migrate(config.DATABASE_URL, (line) => say(line));
  const seeded = await seed(config);
  if (seeded.apiKey) home.keepDemoKey(seeded.apiKey);
  if (seeded.adminPassword) say(`First admin made: ${seeded.adminEmail}, password ${seeded.adminPassword}`);

  const withKafka = config.KAFKA_BROKERS.length > 0;
  say(withKafka ? "Starting api, worker and Kafka source ..." : "Starting api and worker ...");
  const api = await openProcess("api", home, env, config.SHUTDOWN_TIMEOUT_MS);
  await openProcess("worker", home, env, config.SHUTDOWN_TIMEOUT_MS);
  if (withKafka) await openProcess("kafka", home, env, config.SHUTDOWN_TIMEOUT_MS);
  const ready = await untilReady(config.HOST, api.port);
  const { REDIS_URL, MONGODB_URI, DATABASE_URL, KEY_PEPPER } = env;
  const url = `http://${localHost(config.HOST)}:${api.port}`;
  home.keepRunning({ REDIS_URL, MONGODB_URI, DATABASE_URL, KEY_PEPPER, STREAMFORGE_URL: url, STREAMFORGE_KEY: home.demoKey() ?? "" });
  say(announce({ host: localHost(config.HOST), port: api.port, home, config, seeded, ready, tookMs: Date.now() - startedMs }));
}

async function portMustBeFree({ PORT, HOST }: Config): Promise<void> {
  if (PORT === 0 || (await portIsFree(PORT, HOST))) return;
  throw new Error(`Port ${PORT} on ${HOST} is taken by another program; choose another: PORT=${PORT + 4} npm start`);
}

async function openServers(home: Home, database: string): Promise<Servers> {
  const { REDIS_URL: redisUrl, MONGODB_URI: mongodbUri, DATABASE_URL: databaseUrl } = process.env;
  await Promise.all([
    redisUrl && reachable("REDIS_URL", redisUrl, (url) => parseRedisUrl(url).nodes),
    mongodbUri && reachable("MONGODB_URI", mongodbUri, hostsOf(27_017)),
    databaseUrl && reachable("DATABASE_URL", databaseUrl, hostsOf(5_432)),
  ]);
  const use = { redisUrl: redisUrl || undefined, mongodbUri: mongodbUri || undefined, databaseUrl: databaseUrl || undefined };
  const servers = await startServers({ dataDir: home.dir, onProgress: say, database, use });
  const stopReviving = revive(servers);
  open.push(async () => {
    await stopReviving();
    await servers.stop();
  });
  for (const server of servers.servers) say(`${server.kind} runs on port ${server.port}`);
  return servers;
}

/** Starts a local server again that has died (out of memory, killed by hand); api and worker wait for it meanwhile. */
function revive({ servers }: Servers): () => Promise<void> {
  let reviving: Promise<void> | undefined;
  const timer = setInterval(() => {
    const dead = servers.find((server) => server.pid() === undefined);
    if (!dead || reviving) return;
    say(`${dead.kind} has ended; starting it again`);
    reviving = dead
      .restart()
      .catch((error: Error) => say(error.message))
      .finally(() => {
        reviving = undefined;
      });
  }, 1000);
  return async () => {
    clearInterval(timer);
    // One that is just being started would otherwise come up behind our back.
    await reviving;
  };
}

const PORT_SETTINGS = { api: "PORT", worker: "WORKER_PORT", kafka: "KAFKA_PORT" } as const;

async function openProcess(name: keyof typeof PORT_SETTINGS, home: Home, env: NodeJS.ProcessEnv, shutdownMs: number): Promise<Supervised> {
  const file = fileURLToPath(new URL(`./${name}.js`, import.meta.url));
  const running = await supervise({
    name,
    file,
    env,
    shutdownMs,
    logFile: home.path(`${name}.log`),
    portSetting: PORT_SETTINGS[name],
    tell: say,
  });
  open.push(() => running.stop());
  return running;
}

/** The api listens before every part answers; until it is ready a pasted curl line would be told 503. */
async function untilReady(host: string, port: number): Promise<boolean> {
  const url = `http://${localHost(host)}:${port}/ready`;
  for (let tries = 0; tries < 150; tries++) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) return true;
    await sleep(200);
  }
  return false;
}

/** Where a server that listens on `host` is reached from this machine. */
function localHost(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "127.0.0.1";
  return host.includes(":") ? `[${host}]` : host;
}

function close(): Promise<void> {
  closing ??= (async () => {
    for (const stop of open.reverse()) await stop();
  })();
  return closing;
}

let firstSignalMs = 0;

async function stop(): Promise<void> {
  if (firstSignalMs) {
    // A terminal and npm both pass Ctrl-C on: only one that comes later is a second thought. Whatever is left then
    // is ended by its guard (see endWithUs).
    if (Date.now() - firstSignalMs > 1000) process.exit(1);
    return;
  }
  firstSignalMs = Date.now();
  say("\nStopping worker, api and servers (Ctrl-C again: at once) ...");
  await close().catch((error: Error) => say(error.message));
  say("Stopped; the data is kept.");
  process.exit(0);
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);
// Anyone who started us (infrastructure/run.mjs) is gone, even by kill -9; without such a channel this never fires.
process.on("disconnect", stop);
// With the terminal gone, printing must not end us before everything is stopped.
process.stdout.on("error", () => {});

try {
  await main();
} catch (error) {
  if (firstSignalMs === 0) {
    console.error(`\n${(error as Error).message}`);
    await close().catch(() => {});
    process.exit(1);
  }
}
