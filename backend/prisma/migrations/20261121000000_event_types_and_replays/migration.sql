-- Event types with their JSON Schemas, and replay jobs.

CREATE TABLE "event_types" (
    "id" UUID NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "schema" JSON NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "retired_at" TIMESTAMPTZ(3),

    CONSTRAINT "event_types_pkey" PRIMARY KEY ("id")
);

CREATE UNIQUE INDEX "event_types_tenant_id_type_version_key" ON "event_types"("tenant_id", "type", "version");
CREATE INDEX "event_types_updated_at_idx" ON "event_types"("updated_at");

CREATE TYPE "replay_status" AS ENUM ('pending', 'running', 'paused', 'stopped', 'cancelled', 'completed', 'failed');

CREATE TABLE "replay_jobs" (
    "id" UUID NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "source" TEXT NOT NULL,
    "mode" TEXT NOT NULL,
    "status" "replay_status" NOT NULL DEFAULT 'pending',
    "selector" JSONB NOT NULL,
    "patch" JSONB,
    "rate_per_second" INTEGER NOT NULL,
    "limit" INTEGER,
    "selected" INTEGER NOT NULL,
    "processed" INTEGER NOT NULL DEFAULT 0,
    "outcomes" JSONB NOT NULL DEFAULT '{}',
    "report" JSONB NOT NULL DEFAULT '{}',
    "cursor" JSONB,
    "message" TEXT,
    "created_by_kind" TEXT NOT NULL,
    "created_by_id" TEXT NOT NULL,
    "created_by_name" TEXT NOT NULL,
    "correlation_id" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "started_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "lease_owner" TEXT,
    "lease_until" TIMESTAMPTZ(3),

    CONSTRAINT "replay_jobs_pkey" PRIMARY KEY ("id")
);

CREATE INDEX "replay_jobs_tenant_id_created_at_idx" ON "replay_jobs"("tenant_id", "created_at" DESC);
CREATE INDEX "replay_jobs_status_lease_until_idx" ON "replay_jobs"("status", "lease_until");
