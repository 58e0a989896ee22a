import { PrismaPg } from "@prisma/adapter-pg";
import { Prisma, PrismaClient } from "../generated/prisma/client.js";

export type { PrismaClient } from "../generated/prisma/client.js";

/** What a service needs inside a transaction or outside of one. */
export type Database = Prisma.TransactionClient;

/**
 * The client for people, keys and tenants. It connects at the first query.
 * @param databaseUrl Postgres URL (`DATABASE_URL`)
 */
export function createPrisma(databaseUrl: string): PrismaClient {
  // Short deadlines: a caller who waits for Postgres holds a request, and an answer about a key is worth nothing after a second.
  return new PrismaClient({
    adapter: new PrismaPg({
      connectionString: databaseUrl,
      max: 10,
      connectionTimeoutMillis: 3_000,
      query_timeout: 5_000,
      keepAlive: true,
    }),
  });
}

/** Postgres unreachable, or the answer came too late: nobody knows whether the credential is good. Answered 503, never 401. */
export class StorageUnavailableError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "StorageUnavailableError";
  }
}

/** A unique index refused the row. */
export function isUniqueViolation(error: unknown): boolean {
  return error instanceof Prisma.PrismaClientKnownRequestError && error.code === "P2002";
}

/** Everything that is neither a refusal of our data nor a mistake in a query means that Postgres could not answer. */
export function isDatabaseDown(error: unknown): boolean {
  if (error instanceof StorageUnavailableError) return true;
  if (error instanceof Prisma.PrismaClientKnownRequestError) return /^P1\d\d\d$|^P2024$|^P2028$|^P2037$/.test(error.code);
  if (error instanceof Prisma.PrismaClientInitializationError) return true;
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  return (
    (typeof code === "string" && /^(ECONN|ETIMEDOUT|EPIPE|EHOST|ENET|57P0|08)/.test(code)) ||
    (typeof message === "string" && /timeout|terminated/i.test(message))
  );
}
