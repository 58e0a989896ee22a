import { fileURLToPath } from "node:url";
import { defineConfig } from "prisma/config";

// `prisma generate` looks for the migration engine although it never runs it. The engine is a download that not every
// network allows; naming any file that exists keeps generate offline. `prisma migrate` needs the real one: set the
// variable to it. Our own start applies migrations without it (src/accounts/migrations.ts).
process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= fileURLToPath(import.meta.url);

export default defineConfig({
  schema: "prisma/schema.prisma",
  migrations: { path: "prisma/migrations" },
  datasource: { url: process.env.DATABASE_URL ?? "postgresql://postgres@127.0.0.1:5432/streamforge" },
});
