-- How long a tenant's events and dead letters are kept; null: as the settings say for all.

ALTER TABLE "tenants" ADD COLUMN "retention" JSONB;
