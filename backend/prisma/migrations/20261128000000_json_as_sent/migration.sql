-- JSON that people wrote is kept as it was written: jsonb rounds nothing, but knows no 1e400 of a parser that did, no order of keys,
-- no 10.00, no U+0000. What is there already stays what it is.

ALTER TABLE "replay_jobs" ALTER COLUMN "patch" SET DATA TYPE JSON USING "patch"::text::json;
ALTER TABLE "audit_log" ALTER COLUMN "before" SET DATA TYPE JSON USING "before"::text::json;
ALTER TABLE "audit_log" ALTER COLUMN "after" SET DATA TYPE JSON USING "after"::text::json;
