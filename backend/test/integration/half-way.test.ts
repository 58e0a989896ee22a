import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { processEnvironment } from "@streamforge/infrastructure/local";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Stack, startStack } from "../support/stack.js";
import { patience } from "../support/yardstick.js";

/** A start that fails half-way leaves nothing behind: no heartbeat, and no timer or connection that keeps the process. */
let stack: Stack;
let taken: ReturnType<typeof createServer>;
let port: number;
beforeAll(async () => {
  stack = await startStack({ workers: 0 });
  taken = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => taken.once("listening", resolve));
  port = (taken.address() as { port: number }).port;
}, patience(120_000));
afterAll(async () => {
  taken?.close();
  await stack?.stop();
});

const PROGRAM = fileURLToPath(new URL("../support/start-only.ts", import.meta.url));
const NOBODY = "127.0.0.1:9";

/** Starts a process that has no way to end but by itself. */
async function start(which: "api" | "worker", env: Record<string, string>): Promise<{ code: number | null; output: string }> {
  const all = { ...stack.env, ...env, START_ONLY: which, PATH: process.env.PATH };
  const child = spawn(process.execPath, [PROGRAM], { env: processEnvironment(all), stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  child.stdout.on("data", (data: Buffer) => {
    output += data.toString();
  });
  child.stderr.on("data", (data: Buffer) => {
    output += data.toString();
  });
  const hung = setTimeout(() => child.kill("SIGKILL"), patience(30_000));
  const code = await new Promise<number | null>((resolve) => child.once("exit", resolve));
  clearTimeout(hung);
  return { code, output };
}

const WAYS: ["api" | "worker", string, () => Record<string, string>, RegExp][] = [
  ["api", "Redis does not answer", () => ({ REDIS_URL: `redis://${NOBODY}` }), /Redis does not answer/],
  ["api", "MongoDB does not answer", () => ({ MONGODB_URI: `mongodb://${NOBODY}/?directConnection=true` }), /MongoDB does not answer/],
  ["api", "Postgres does not answer", () => ({ DATABASE_URL: `postgres://a:b@${NOBODY}/x` }), /Postgres does not answer/],
  ["api", "its port is taken", () => ({ PORT: String(port) }), /Port \d+ is taken/],
  ["worker", "Redis does not answer", () => ({ REDIS_URL: `redis://${NOBODY}` }), /Redis does not answer/],
  ["worker", "MongoDB does not answer", () => ({ MONGODB_URI: `mongodb://${NOBODY}/?directConnection=true` }), /MongoDB does not answer/],
  // It takes the next port when one is taken; an address of another machine it cannot have.
  ["worker", "its address is another machine's", () => ({ HOST: "203.0.113.1" }), /EADDRNOTAVAIL/],
];

test.concurrent.each(WAYS)(
  "%s, when %s: it says so, ends by itself, and was never there",
  async (which, _why, env, says) => {
    const { code, output } = await start(which, env());
    expect({ code, output }).toEqual({ code: 3, output: expect.stringMatching(says) });
    const redis = new Redis(stack.redis.adminUrl);
    // The stack's own api, and nobody else.
    expect([await redis.hlen("sf:apis"), await redis.hlen("sf:workers")]).toEqual([1, 0]);
    redis.disconnect();
  },
  patience(60_000),
);
