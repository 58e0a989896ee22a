import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { parse } from "yaml";
import { REDIS_RIGHTS } from "../local/redis.js";

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const TEXT = readFileSync(path("../docker-compose.yml"), "utf8");
const folder = mkdtempSync(join(tmpdir(), "streamforge-compose-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Service {
  profiles?: string[];
  command?: string | string[];
  environment?: Record<string, string>;
}

/** Puts values in as Compose does: `${NAME:-default}`, `${NAME:?what to do}`, `$$` for a dollar. */
function interpolate(env: Record<string, string>): Record<string, Service> {
  const text = TEXT.replaceAll(/\$\$|\$\{(\w+)(?::([-?])([^}]*))?\}/g, (all, name, kind, rest) => {
    if (all === "$$") return "$";
    if (env[name]) return env[name];
    if (kind === "?") throw new Error(`required variable ${name} is missing a value: ${rest}`);
    return rest ?? "";
  });
  return (parse(text, { merge: true }) as { services: Record<string, Service> }).services;
}

function makeEnv(file: string): Record<string, string> {
  execFileSync("sh", [path("../scripts/docker-env.sh"), file], { stdio: "ignore" });
  const lines = readFileSync(file, "utf8").trim().split("\n");
  return Object.fromEntries(lines.map((line) => line.split("=") as [string, string]));
}

const file = join(folder, ".env");
const env = makeEnv(file);

test("no secret has a public default: without them Compose says how to make them", () => {
  for (const name of Object.keys(env)) {
    const { [name]: _, ...others } = env;
    expect(() => interpolate(others), name).toThrow(`required variable ${name} is missing a value: run npm run docker:env first`);
  }
  const settings = [...TEXT.matchAll(/\$\{(\w*(?:PASSWORD|KEY|PEPPER|TOKEN|SECRET)\w*):-([^}]*)\}/g)];
  // Unset, the first two make no door; the others are for a bucket and for Kafka, which say themselves whether they want one.
  expect(settings.map(([, name, fallback]) => [name, fallback])).toEqual([
    ["ADMIN_PASSWORD", ""],
    ["ADMIN_TOKEN", ""],
    ["EXPORT_S3_ACCESS_KEY_ID", ""],
    ["EXPORT_S3_SECRET_ACCESS_KEY", ""],
    ["KAFKA_PASSWORD", ""],
  ]);
});

test("the script makes them once, at random, and for its owner alone", () => {
  expect(statSync(file).mode & 0o777).toBe(0o600);
  for (const value of Object.values(env)) expect(value).toMatch(/^[0-9a-f]{64}$/);
  expect(new Set(Object.values(env)).size).toBe(5);
  expect(makeEnv(file)).toEqual(env);
  expect(makeEnv(join(folder, "other.env")).KEY_PEPPER).not.toBe(env.KEY_PEPPER);
  writeFileSync(join(folder, "mine.env"), "KEY_PEPPER=my own pepper\n");
  expect(makeEnv(join(folder, "mine.env"))).toMatchObject({ KEY_PEPPER: "my own pepper", MONGODB_KEY: expect.any(String) });
});

test("every store asks for a password, and the processes know it", () => {
  const { redis, mongo, postgres, api, worker, kafka, setup, "mongo-init": init } = interpolate(env) as Record<string, Service>;
  expect(String(redis?.command)).toContain(
    `user default reset off ~* &* +@all\nuser streamforge reset on >$REDIS_PASSWORD ${REDIS_RIGHTS}\n`,
  );
  expect(String(mongo?.command)).toMatch(
    /--keyFile \S+[\s\\]+--networkMessageCompressors disabled --setParameter enableLocalhostAuthBypass=0/,
  );
  expect(postgres?.environment).toMatchObject({ POSTGRES_PASSWORD: env.POSTGRES_PASSWORD });
  expect(init?.environment).toMatchObject({ MONGODB_KEY: env.MONGODB_KEY, MONGODB_PASSWORD: env.MONGODB_PASSWORD });
  for (const one of [api, worker, kafka, setup]) {
    const { REDIS_URL = "", MONGODB_URI = "", DATABASE_URL = "", KEY_PEPPER } = one?.environment ?? {};
    expect([REDIS_URL, MONGODB_URI, DATABASE_URL].map((url) => new URL(url).password)).toEqual([
      env.REDIS_PASSWORD,
      env.MONGODB_PASSWORD,
      env.POSTGRES_PASSWORD,
    ]);
    expect(KEY_PEPPER).toBe(env.KEY_PEPPER);
  }
});

test("the Kafka source is there when it is asked for, and reads what is set", () => {
  const settings = { KAFKA_BROKERS: "kafka-1:9092", KAFKA_TOPICS: "orders=tenant-a", KAFKA_GROUP: "mine" };
  const { kafka } = interpolate({ ...env, ...settings });
  expect(kafka).toMatchObject({ command: ["kafka"], profiles: ["kafka"], environment: settings });
});
