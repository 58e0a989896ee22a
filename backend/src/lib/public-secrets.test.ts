import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { configSchema, loadConfig } from "../config.js";

const own = randomBytes(32).toString("hex");
const production = { NODE_ENV: "production", KEY_PEPPER: own };

test("production does not start with a public secret, and names the line that makes another", () => {
  expect(() => loadConfig({ NODE_ENV: "production" })).toThrow(
    /KEY_PEPPER is a value that everybody knows; make one: openssl rand -hex 32/,
  );
  const defaults = configSchema.parse({});
  expect(() => loadConfig({ NODE_ENV: "production", KEY_PEPPER: defaults.KEY_PEPPER })).toThrow(/KEY_PEPPER/);
  expect(loadConfig(production).KEY_PEPPER).toBe(own);
  // On one's own machine the defaults are there to be used.
  for (const NODE_ENV of ["development", "test"]) expect(loadConfig({ NODE_ENV }).NODE_ENV).toBe(NODE_ENV);
});

test.each([
  ["KEY_PEPPER", "changeme-changeme"],
  ["KEY_PEPPER", "secretsecretsecret"],
  ["KEY_PEPPER", "xxxxxxxxxxxxxxxx"],
  ["ADMIN_PASSWORD", "passwordpassword"],
  ["ADMIN_PASSWORD", "Password-Password-12"],
  ["ADMIN_PASSWORD", "streamforge-streamforge"],
  ["ADMIN_PASSWORD", "change-me! change-me!"],
  ["ADMIN_TOKEN", "adminadminadminadminadminadminadmin"],
  ["ADMIN_TOKEN", "secret-secret-secret-secret-secret"],
  ["DATABASE_URL", "postgresql://postgres:streamforge@postgres:5432/streamforge"],
  ["DATABASE_URL", "postgresql://postgres:postgres@10.0.0.1/streamforge"],
  ["DATABASE_URL", "postgresql://h/streamforge?user=postgres&password=password"],
  ["REDIS_URL", "redis://:redis@cache:6379"],
  ["REDIS_URL", "rediss://default:pass%77ord@cache:6379"],
  ["MONGODB_URI", "mongodb://root:example@a:27017,b:27017/?replicaSet=rs0"],
  ["MONGODB_URI", "mongodb+srv://admin:admin@cluster.example/"],
])("%s=%s is refused in production, in a sentence without the value's neighbours", (name, value) => {
  const start = () => loadConfig({ ...production, [name]: value });
  expect(start).toThrow(new RegExp(`\n  ${name} is a value that everybody knows; make one: openssl rand -hex 32\n`));
  expect(() => loadConfig({ [name]: value })).not.toThrow();
});

test.each([
  ["ADMIN_PASSWORD", "correct horse battery staple"],
  ["ADMIN_TOKEN", own],
  ["DATABASE_URL", `postgresql://streamforge:${own}@postgres:5432/streamforge`],
  ["DATABASE_URL", "postgresql:///streamforge?host=/run/postgresql"],
  ["REDIS_URL", `redis://streamforge:${own}@redis:6379`],
  ["MONGODB_URI", "mongodb://mongo:27017/?replicaSet=rs0"],
])("%s=%s is taken", (name, value) => {
  expect(() => loadConfig({ ...production, [name]: value })).not.toThrow();
});
