import { createHash, randomUUID } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";

/** The number Prisma's own engine locks with, so that `prisma migrate deploy` and this runner wait for each other. */
const MIGRATION_LOCK = 72_707_369;

/** The path is the same from `src` and from `dist`. */
const MIGRATIONS_DIR = fileURLToPath(new URL("../../prisma/migrations", import.meta.url));

// Prisma's own table, column for column: where its engine is available, `prisma migrate status` and `deploy` agree with us.
const MIGRATIONS_TABLE = `CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
  "id" VARCHAR(36) PRIMARY KEY NOT NULL,
  "checksum" VARCHAR(64) NOT NULL,
  "finished_at" TIMESTAMPTZ,
  "migration_name" VARCHAR(255) NOT NULL,
  "logs" TEXT,
  "rolled_back_at" TIMESTAMPTZ,
  "started_at" TIMESTAMPTZ NOT NULL DEFAULT now(),
  "applied_steps_count" INTEGER NOT NULL DEFAULT 0
)`;

interface Migration {
  name: string;
  sql: string;
  checksum: string;
}

interface AppliedMigration {
  migration_name: string;
  checksum: string;
  finished_at: Date | null;
}

/**
 * Brings the database to the current schema: creates it when it does not exist, then applies what is missing, each
 * migration in one transaction. Starts that run at once wait for each other.
 * @param databaseUrl Postgres URL; its user needs CREATEDB only when the database does not exist yet
 * @param onProgress told in words what is being done
 * @returns names of the migrations applied by this call
 * @throws Error when an applied migration was edited, or one was left half done by another tool
 */
export async function migrate(databaseUrl: string, onProgress: (message: string) => void = () => {}): Promise<{ applied: string[] }> {
  const client = await connect(databaseUrl, onProgress);
  try {
    await client.query("SELECT pg_advisory_lock($1)", [MIGRATION_LOCK]);
    await client.query(MIGRATIONS_TABLE);
    const { rows } = await client.query<AppliedMigration>(
      `SELECT migration_name, checksum, finished_at FROM "_prisma_migrations" WHERE rolled_back_at IS NULL ORDER BY started_at`,
    );
    const missing = missingMigrations(await readMigrations(), rows);
    for (const migration of missing) {
      onProgress(`Postgres: applying migration ${migration.name}`);
      await apply(client, migration);
    }
    return { applied: missing.map((migration) => migration.name) };
  } finally {
    // Ending the session releases the advisory lock, also when the process dies in the middle.
    await client.end();
  }
}

async function readMigrations(): Promise<Migration[]> {
  const folders = (await readdir(MIGRATIONS_DIR, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
  return Promise.all(
    folders.sort().map(async (name) => {
      const sql = await readFile(join(MIGRATIONS_DIR, name, "migration.sql"), "utf8");
      return { name, sql, checksum: createHash("sha256").update(sql).digest("hex") };
    }),
  );
}

function missingMigrations(migrations: Migration[], applied: AppliedMigration[]): Migration[] {
  const byName = new Map(applied.map((row) => [row.migration_name, row]));
  return migrations.filter((migration) => {
    const row = byName.get(migration.name);
    if (!row) return true;
    if (!row.finished_at)
      throw new Error(
        `Migration ${migration.name} was begun by another tool and not finished. Run "prisma migrate resolve", then start again.`,
      );
    if (row.checksum !== migration.checksum)
      throw new Error(
        `Migration ${migration.name} was changed after it was applied. Restore the file, and put the change into a new migration.`,
      );
    return false;
  });
}

async function apply(client: pg.Client, { name, sql, checksum }: Migration): Promise<void> {
  const startedAt = new Date();
  await client.query("BEGIN");
  try {
    await client.query(sql);
    await client.query(
      `INSERT INTO "_prisma_migrations" (id, checksum, finished_at, migration_name, logs, rolled_back_at, started_at, applied_steps_count)
       VALUES ($1, $2, clock_timestamp(), $3, NULL, NULL, $4, 1)`,
      [randomUUID(), checksum, name, startedAt],
    );
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK").catch(() => {});
    throw new Error(`Migration ${name} failed and was undone: ${(error as Error).message}`, { cause: error });
  }
}

async function connect(databaseUrl: string, onProgress: (message: string) => void): Promise<pg.Client> {
  try {
    return await open(databaseUrl);
  } catch (error) {
    const UNKNOWN_DATABASE = "3D000";
    if ((error as { code?: string }).code !== UNKNOWN_DATABASE) throw unreachable(databaseUrl, error);
  }
  const name = decodeURIComponent(new URL(databaseUrl).pathname.slice(1));
  onProgress(`Postgres: creating database ${name}`);
  const maintenance = new URL(databaseUrl);
  maintenance.pathname = "/postgres";
  const client = await open(maintenance.href);
  try {
    await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
  } catch (error) {
    // Another start was faster: 42P04 (exists), or 23505 when both were in the middle of it.
    if (!["42P04", "23505"].includes((error as { code?: string }).code ?? "")) throw error;
  } finally {
    await client.end();
  }
  return open(databaseUrl);
}

async function open(databaseUrl: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 5_000 });
  await client.connect();
  return client;
}

function unreachable(databaseUrl: string, cause: unknown): Error {
  const shown = databaseUrl.replace(/:[^:@/]*@/, ":***@");
  return new Error(
    `Postgres does not answer at ${shown}: ${(cause as Error).message}. Is it running? Set DATABASE_URL, or leave it unset and use npm start.`,
    { cause },
  );
}
