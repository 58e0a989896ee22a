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

/** A unique index refused the row. */
export function isUniqueViolation(error: unknown): boolean {
  return error instanceof Prisma.PrismaClientKnownRequestError && error.code === "P2002";
}
