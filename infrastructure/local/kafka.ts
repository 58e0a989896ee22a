import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { findKafka } from "./find-kafka.js";
import { keep } from "./keeper.js";
import { ask, freePort } from "./ports.js";
import { privateFolder, serverEnvironment, writePrivate } from "./private.js";
import type { LocalOptions, LocalServer } from "./types.js";

const run = promisify(execFile);

/** Enough for tests, and small beside the other servers of a machine. */
const JVM = ["-Xmx384m", "-XX:+UseSerialGC", "-XX:-UsePerfData"];

/**
 * Starts a real Apache Kafka: one broker that is its own controller (KRaft), on loopback, without passwords. For tests and
 * measurements: `npm start` never runs one, it connects to yours.
 *
 * `extraArgs` are further settings, as `name=value`.
 * @throws Error in one sentence when Java or Maven is missing
 */
export async function startKafka(options: LocalOptions): Promise<LocalServer> {
  const classes = await findKafka(options.onProgress);
  const dataDir = resolve(options.dataDir, "data");
  const file = resolve(options.dataDir, "server.properties");
  privateFolder(options.dataDir);
  const controllerPort = await controllerPortOf(resolve(options.dataDir, "controller-port"));
  const settings = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.quorum.bootstrap.servers": `127.0.0.1:${controllerPort}`,
    "controller.listener.names": "CONTROLLER",
    "log.dirs": dataDir,
    "auto.create.topics.enable": "false",
    "offsets.topic.replication.factor": "1",
    // 50 partitions and their files would take longer to make than the whole start.
    "offsets.topic.num.partitions": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "1",
    "group.initial.rebalance.delay.ms": "0",
  };
  const listeners = (port: number) => `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`;
  const java = (...args: string[]) => [...JVM, "-cp", classes, ...args];
  const own = Object.entries(settings).map(([name, value]) => `${name}=${value}`);

  return keep(
    {
      kind: "kafka",
      name: "Kafka",
      dataDir,
      async prepare() {
        if (existsSync(join(dataDir, "meta.properties"))) return;
        privateFolder(dataDir);
        writePrivate(file, `${[...own, `listeners=${listeners(0)}`, ...(options.extraArgs ?? [])].join("\n")}\n`);
        const clusterId = Buffer.from(randomUUID().replaceAll("-", ""), "hex").toString("base64url");
        await run("java", java("kafka.tools.StorageTool", "format", "-t", clusterId, "-c", file, "--standalone"), {
          env: serverEnvironment(),
        });
      },
      command(port) {
        const all = [...own, `listeners=${listeners(port)}`, `advertised.listeners=${listeners(port)}`, ...(options.extraArgs ?? [])];
        writePrivate(file, `${all.join("\n")}\n`);
        return { file: "java", args: java("kafka.Kafka", file) };
      },
      ready: async (port) => (await ask(port, API_VERSIONS)) !== "",
      url: (port) => `127.0.0.1:${port}`,
      adminUrl: (port) => `127.0.0.1:${port}`,
      stopSignal: "SIGTERM",
    },
    { ...options, dataDir: join(dataDir, "..") },
  );
}

/** The request ApiVersions (18), version 0, correlation id 1, client id "x": a broker answers it once it serves requests. */
const API_VERSIONS = "\0\0\0\x0b\0\x12\0\0\0\0\0\x01\0\x01x";

/** The same in every start, since the quorum remembers it. */
async function controllerPortOf(file: string): Promise<number> {
  if (existsSync(file)) return Number(readFileSync(file, "utf8"));
  const port = await freePort();
  writePrivate(file, String(port));
  return port;
}
