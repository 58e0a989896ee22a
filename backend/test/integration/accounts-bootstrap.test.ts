import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { verify } from "@node-rs/argon2";
import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { DEMO_TENANT, migrate, seed } from "../../src/accounts/bootstrap.js";
import { createPrisma } from "../../src/accounts/database.js";
import { type Config, loadConfig } from "../../src/config.js";
import { type Accounts, startAccounts } from "./accounts-fixture.js";

const migrationsDir = new URL("../../prisma/migrations/", import.meta.url);
const folders = readdirSync(migrationsDir, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)
  .sort();

let accounts: Accounts;
beforeAll(async () => {
  accounts = await startAccounts();
});
afterAll(() => accounts.stop());

function configFor(database: string, env: Record<string, string> = {}): Config {
  // Only the administrator may make databases.
  const url = new URL(accounts.postgresServer.adminUrl);
  url.pathname = `/${database}`;
  return loadConfig({ DATABASE_URL: url.href, ...env });
}

async function query(config: Config, sql: string) {
  const client = new pg.Client({ connectionString: config.DATABASE_URL });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

it("creates the database and keeps the table that Prisma keeps, also when two start at once", async () => {
  const config = configFor("fresh-one");
  const outcomes = await Promise.all([migrate(config.DATABASE_URL), migrate(config.DATABASE_URL), migrate(config.DATABASE_URL)]);
  expect(outcomes.flatMap((outcome) => outcome.applied)).toEqual(folders);
  const rows = await query(config, `SELECT * FROM "_prisma_migrations" ORDER BY started_at`);
  expect(rows.map((row) => row.migration_name)).toEqual(folders);
  for (const row of rows) {
    const sql = readFileSync(new URL(`${row.migration_name}/migration.sql`, migrationsDir));
    expect(row).toMatchObject({
      checksum: createHash("sha256").update(sql).digest("hex"),
      applied_steps_count: 1,
      rolled_back_at: null,
      logs: null,
    });
    expect(row.finished_at).toBeInstanceOf(Date);
  }
  expect(await migrate(config.DATABASE_URL)).toEqual({ applied: [] });
});

it("makes what the Prisma schema says: every model can be read and written", async () => {
  const config = configFor("schema-check");
  await migrate(config.DATABASE_URL);
  const prisma = createPrisma(config.DATABASE_URL);
  const user = await prisma.user.create({
    data: { email: "a@test", role: "viewer", passwordHash: "x", settings: { create: { settings: { theme: "dark" } } } },
  });
  await prisma.tenant.create({ data: { id: "t", name: "T" } });
  await prisma.apiKey.create({
    data: { id: "k", tenantId: "t", name: "K", scopes: ["admin"], environment: "test", secretHmac: new Uint8Array([1]) },
  });
  await prisma.auditLog.create({ data: { actorKind: "system", actorId: "x", actorName: "x", action: "user.create", targetId: user.id } });
  expect(await prisma.user.findFirst({ include: { settings: true } })).toMatchObject({
    email: "a@test",
    settings: { settings: { theme: "dark" } },
  });
  expect(await prisma.apiKey.findFirst({ include: { tenant: true, replacedBy: true, replaces: true } })).toMatchObject({
    version: 1,
    tenant: { limits: {} },
  });
  expect(await prisma.auditLog.count()).toBe(1);
  await prisma.$disconnect();
});

it("refuses a migration that was changed after it was applied", async () => {
  const config = configFor("edited");
  await migrate(config.DATABASE_URL);
  await query(config, `UPDATE "_prisma_migrations" SET checksum = repeat('0', 64)`);
  await expect(migrate(config.DATABASE_URL)).rejects.toThrow(/changed after it was applied/);
});

it("says where Postgres was looked for when it does not answer, without the password", async () => {
  const failure = migrate("postgresql://someone:hunter2@127.0.0.1:1/streamforge");
  await expect(failure).rejects.toThrow(/Postgres does not answer at .*DATABASE_URL/);
  await expect(failure).rejects.not.toThrow(/hunter2/);
});

it("makes the first admin, the demo tenant and a key once, also when two start at once", async () => {
  const config = configFor("seeded");
  await migrate(config.DATABASE_URL);
  const outcomes = await Promise.all([seed(config), seed(config)]);
  const [password] = outcomes.flatMap((seeded) => seeded.adminPassword ?? []);
  const made = outcomes.flatMap((seeded) => seeded.apiKey ?? []);
  expect(made).toHaveLength(1);
  expect(made[0]).toMatch(/^sf_live_/);
  const [user] = await query(config, "SELECT * FROM users");
  expect(user).toMatchObject({ email: "admin@streamforge.local", role: "admin" });
  expect(user.password_hash).toMatch(/^\$argon2id\$/);
  expect(await verify(user.password_hash, password as string)).toBe(true);
  expect(await query(config, "SELECT tenant_id, scopes FROM api_keys")).toEqual([
    { tenant_id: DEMO_TENANT, scopes: ["events:write", "events:read"] },
  ]);
  expect(await seed(config)).toEqual({ adminEmail: "admin@streamforge.local", adminPassword: undefined, apiKey: undefined });
});

it("makes no demo tenant where TENANT_ALLOWLIST leaves it out", async () => {
  const config = configFor("seeded-without-demo", { TENANT_ALLOWLIST: "acme" });
  await migrate(config.DATABASE_URL);
  expect(await seed(config)).toMatchObject({ adminEmail: "admin@streamforge.local", apiKey: undefined });
  expect(await query(config, "SELECT id FROM tenants")).toEqual([]);
});

it("takes ADMIN_EMAIL and ADMIN_PASSWORD, and does not repeat the password", async () => {
  const config = configFor("seeded-by-setting", { ADMIN_EMAIL: "Boss@Example.com", ADMIN_PASSWORD: "plum ladder seven" });
  await migrate(config.DATABASE_URL);
  const seeded = await seed(config);
  expect(seeded.adminPassword).toBeUndefined();
  const [user] = await query(config, "SELECT * FROM users");
  expect(user.email).toBe("boss@example.com");
  expect(await verify(user.password_hash, "plum ladder seven")).toBe(true);
});
