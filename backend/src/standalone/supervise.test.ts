import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, test, vi } from "vitest";
import { patience } from "../../test/support/yardstick.js";
import { supervise } from "./supervise.js";

const folder = mkdtempSync(join(tmpdir(), "streamforge-supervise-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function program(name: string, source: string) {
  const file = join(folder, `${name}.mjs`);
  writeFileSync(file, source);
  const told: string[] = [];
  return {
    told,
    options: {
      name,
      file,
      env: process.env,
      shutdownMs: 9_000,
      logFile: join(folder, `${name}.log`),
      portSetting: "PORT" as const,
      tell: (line: string) => told.push(line),
    },
  };
}

const listening = `console.log(JSON.stringify({ level: 30, msg: "listening", port: 4711 }));`;

test("a process that is killed is started again, and one that is stopped is not", async () => {
  const source = `console.log(JSON.stringify({ level: 30, msg: "listening", port: 4711 })); console.log("PORT=" + process.env.PORT); setInterval(() => {}, 1000);`;
  const { options, told } = program("lives", source);
  const running = await supervise(options);
  const first = running.pid() as number;
  expect(running.port).toBe(4711);

  process.kill(first, "SIGKILL");
  await vi.waitFor(() => expect(running.pid() ?? first).not.toBe(first), { timeout: patience(5_000) });
  expect(told.join()).toContain("ended (SIGKILL)");
  // It may have been given any port at first; anyone who knows it must find it there again.
  await vi.waitFor(() => expect(told.at(-1)).toBe("lives: PORT=4711"), { timeout: patience(5_000) });

  await running.stop();
  const heard = told.length;
  // Longer than the first restart would wait.
  await sleep(1200);
  expect(running.pid()).toBeUndefined();
  expect(told).toHaveLength(heard);
});

test("a process that ends before it listens fails with its own last words", async () => {
  const line = JSON.stringify({ level: 60, msg: "cannot start", err: { message: "REDIS_URL is wrong" } });
  const { options } = program("fails", `console.log(${JSON.stringify(line)}); process.exitCode = 1;`);
  await expect(supervise(options)).rejects.toThrow("cannot start: REDIS_URL is wrong");
});

test("warnings and crashes are told, the rest goes to the log alone", async () => {
  const { options, told } = program(
    "talks",
    `${listening} for (const level of [30, 40]) console.log(JSON.stringify({ level, msg: "level " + level })); console.error("a stack"); setInterval(() => {}, 1000);`,
  );
  const running = await supervise(options);
  await vi.waitFor(() => expect(told).toEqual(expect.arrayContaining(["talks: level 40", "talks: a stack"])), { timeout: patience(5_000) });
  expect(told).toHaveLength(2);
  await running.stop();
  await vi.waitFor(() => expect(readFileSync(options.logFile, "utf8")).toContain("level 30"), { timeout: patience(5_000) });
});
