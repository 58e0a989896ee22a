-- Jobs of every kind in one table. Replays keep their rows; what was asked for becomes one value, `spec`.

ALTER TABLE "replay_jobs" RENAME TO "jobs";
ALTER TABLE "jobs" RENAME CONSTRAINT "replay_jobs_pkey" TO "jobs_pkey";
ALTER INDEX "replay_jobs_tenant_id_created_at_idx" RENAME TO "jobs_tenant_id_created_at_idx";
ALTER INDEX "replay_jobs_status_lease_until_idx" RENAME TO "jobs_status_lease_until_idx";

ALTER TABLE "jobs" ADD COLUMN "kind" TEXT;
ALTER TABLE "jobs" ADD COLUMN "spec" JSONB;
UPDATE "jobs" SET "kind" = 'replay', "spec" = jsonb_build_object('source', "source", 'mode', "mode", 'selector', "selector");
ALTER TABLE "jobs" ALTER COLUMN "kind" SET NOT NULL, ALTER COLUMN "spec" SET NOT NULL;
ALTER TABLE "jobs" DROP COLUMN "source", DROP COLUMN "mode", DROP COLUMN "selector";

-- A job over all tenants has none; not every kind has a rate, or knows beforehand how much there is to do.
ALTER TABLE "jobs" ALTER COLUMN "tenant_id" DROP NOT NULL, ALTER COLUMN "rate_per_second" DROP NOT NULL, ALTER COLUMN "selected" DROP NOT NULL;

CREATE INDEX "jobs_kind_status_idx" ON "jobs"("kind", "status");

-- Processes of the version before know replays by this name: they read, take, advance and make them while a rolling upgrade lasts, and
-- after a step back. All they update are columns of the table itself; what they insert needs the two lines of the trigger.
CREATE VIEW "replay_jobs" AS
  SELECT "id", "tenant_id", "spec"->>'source' AS "source", "spec"->>'mode' AS "mode", "status", "spec"->'selector' AS "selector", "patch",
    "rate_per_second", "limit", "selected", "processed", "outcomes", "report", "cursor", "message", "created_by_kind", "created_by_id",
    "created_by_name", "correlation_id", "created_at", "started_at", "finished_at", "updated_at", "lease_owner", "lease_until"
  FROM "jobs" WHERE "kind" = 'replay';

CREATE FUNCTION "insert_replay_job"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "jobs" ("id", "kind", "tenant_id", "status", "spec", "rate_per_second", "limit", "selected", "created_by_kind",
      "created_by_id", "created_by_name", "correlation_id", "created_at")
    VALUES (NEW.id, 'replay', NEW.tenant_id, coalesce(NEW.status, 'pending'),
      jsonb_build_object('source', NEW.source, 'mode', NEW.mode, 'selector', NEW.selector), NEW.rate_per_second, NEW."limit", NEW.selected,
      NEW.created_by_kind, NEW.created_by_id, NEW.created_by_name, NEW.correlation_id, coalesce(NEW.created_at, now()));
  RETURN NEW;
END $$;

CREATE TRIGGER "insert_replay_job" INSTEAD OF INSERT ON "replay_jobs" FOR EACH ROW EXECUTE FUNCTION "insert_replay_job"();
