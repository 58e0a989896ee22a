import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { endWithUs, processEnvironment } from "@streamforge/infrastructure/local";
import { openLog } from "./log-file.js";

/** Restart delays: 0.5 s, doubled to 15 s; a process that lived for 30 s starts at 0.5 s again. */
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 15_000;
const PROVEN_AFTER_MS = 30_000;
const LISTENING_WITHIN_MS = 60_000;
/** Beyond SHUTDOWN_TIMEOUT_MS, so that a process is only killed when it has missed its own deadline. */
const STOP_GRACE_MS = 6_000;

export interface Supervised {
  readonly name: string;
  /** Port it listens on, as it said itself. */
  readonly port: number;
  pid(): number | undefined;
  /** SIGTERM, and SIGKILL when it takes too long; no restart after that. */
  stop(): Promise<void>;
}

export interface SuperviseOptions {
  name: string;
  /** Program for this Node. */
  file: string;
  env: NodeJS.ProcessEnv;
  /** How long it takes at the most to end in order. */
  shutdownMs: number;
  logFile: string;
  /** Setting of its port: once it listens it keeps that port through restarts, also one that was free to choose. */
  portSetting: "PORT" | "WORKER_PORT" | "KAFKA_PORT";
  /** Told of warnings and errors of the process, and of its end, in short lines. */
  tell: (line: string) => void;
}

/**
 * Runs a process that logs JSON lines, waits until it says `"msg":"listening"`, and starts it again whenever it dies.
 * @throws Error with the process's own last words when it ends before it ever listened: then its settings are wrong, and
 * starting it again would not help
 */
export async function supervise(options: SuperviseOptions): Promise<Supervised> {
  const log = openLog(options.logFile);
  const env = processEnvironment(options.env);
  let port = 0;
  let stopping = false;
  let delayMs = FIRST_DELAY_MS;

  function launch(): { child: ChildProcess; listening: Promise<number>; words: () => string } {
    // A process group of its own: Ctrl-C reaches standalone alone, which stops everything in order.
    const born = spawn(process.execPath, [options.file], {
      env,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const unwatch = born.pid ? endWithUs(born.pid, "SIGTERM") : () => {};
    const bornMs = Date.now();
    let words = "";
    const listening = new Promise<number>((resolve) => {
      const hear = (line: string) => {
        log.write(line);
        const record = parse(line);
        if (record?.msg === "listening") resolve(Number(record.port));
        if (!record || record.level >= 40) {
          words = record ? short(record) : line;
          if (!NODE_WARNING.test(line)) options.tell(`${options.name}: ${words}`);
        }
      };
      if (born.stdout) lines(born.stdout, hear);
      if (born.stderr) lines(born.stderr, hear);
    });
    born.once("close", (code, signal) => {
      unwatch();
      if (stopping || port === 0) return;
      if (Date.now() - bornMs > PROVEN_AFTER_MS) delayMs = FIRST_DELAY_MS;
      options.tell(
        `${options.name}: ended (${signal ?? `exit code ${code}`}), starting it again in ${delayMs / 1000} s; see ${options.logFile}`,
      );
      setTimeout(() => {
        if (!stopping) child = launch().child;
      }, delayMs);
      delayMs = Math.min(delayMs * 2, LONGEST_DELAY_MS);
    });
    return { child: born, listening, words: () => words };
  }

  const { child: first, listening, words } = launch();
  let child = first;
  const ended = once(first, "close").then(() => undefined);
  const heard = await Promise.race([listening, ended, sleep(LISTENING_WITHIN_MS, undefined, { ref: false })]);
  if (heard === undefined) {
    stopping = true;
    first.kill("SIGKILL");
    throw new Error(words() || `the ${options.name} did not start; see ${options.logFile}`);
  }
  port = heard;
  env[options.portSetting] = String(port);

  return {
    name: options.name,
    port,
    pid: () => (isRunning(child) ? child.pid : undefined),
    async stop() {
      stopping = true;
      if (isRunning(child)) {
        const gone = once(child, "close");
        child.kill("SIGTERM");
        const hard = setTimeout(() => child.kill("SIGKILL"), options.shutdownMs + STOP_GRACE_MS);
        await gone;
        clearTimeout(hard);
      }
      log.close();
    },
  };
}

const isRunning = (child: ChildProcess) => child.exitCode === null && child.signalCode === null;

/** Node's own notes on deprecated calls concern who writes StreamForge, not who runs it; they stay in the log. */
const NODE_WARNING = /^\(node:\d+\)|^\(Use `node --trace/;

interface LogRecord {
  level: number;
  msg?: string;
  port?: number;
  err?: { message?: string } | string;
}

/** Only lines that can matter are parsed: at full load a process logs far more than anyone reads here. */
function parse(line: string): LogRecord | undefined {
  if (!line.startsWith("{")) return undefined;
  if (!/"level":[456]0|"listening"/.test(line)) return { level: 30 };
  try {
    return JSON.parse(line) as LogRecord;
  } catch {
    return undefined;
  }
}

function short(record: LogRecord): string {
  const detail = typeof record.err === "string" ? record.err : record.err?.message;
  return [record.msg, detail && detail !== record.msg ? detail : undefined].filter(Boolean).join(": ").slice(0, 500);
}

/** Calls `hear` for each whole line; a line beyond 1 MB is cut, since a log must not take the memory. */
function lines(from: NodeJS.ReadableStream, hear: (line: string) => void): void {
  let rest = "";
  from.setEncoding("utf8");
  from.on("data", (chunk: string) => {
    const parts = (rest + chunk).split("\n");
    rest = (parts.pop() ?? "").slice(0, 1024 * 1024);
    for (const line of parts) if (line) hear(line);
  });
  from.on("end", () => {
    if (rest) hear(rest);
  });
}
