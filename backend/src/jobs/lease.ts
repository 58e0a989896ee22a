import type { JobKindName, JobStatus } from "@streamforge/shared";
import type pg from "pg";

/** What a worker knows of the job it has. `Spec`, `Cursor` and `Report` are the kind's own. */
export interface LeasedJob<Spec = object, Cursor = object, Report = object> {
  id: string;
  kind: JobKindName;
  /** Null: it concerns all tenants. */
  tenantId: string | null;
  status: JobStatus;
  spec: Spec;
  /** A replay's RFC 6902 as JSON text, as it was sent. */
  patch: string | null;
  ratePerSecond: number | null;
  limit: number | null;
  selected: number | null;
  processed: number;
  outcomes: Partial<Record<string, number>>;
  report: Report;
  /** Where the next worker begins; null: at the beginning. */
  cursor: Cursor | null;
  createdByName: string;
  createdAt: Date;
}

/** How far a job is: all of it is written in one update of its row, so that counts and place never differ. */
export interface JobProgress<Cursor = object, Report = object> {
  processed: number;
  /** Outcome → count. */
  outcomes: Partial<Record<string, number>>;
  report: Report;
  /** Its member `recent`, when there is one, is forgotten when somebody resumes the job. */
  cursor: Cursor;
  /** How many there are in all, for a kind that did not know when the job was made. */
  selected?: number;
}

/** The jobs as workers see them: the holder of a job's lease works on it, and nobody else. */
export interface JobLeases {
  readonly leaseMs: number;
  /**
   * Takes a job that nobody holds: one that a dead worker left first, then turns go round by tenant.
   * @param left jobs that are to be taken whatever their status is, since something says that it is in these jobs' hands (`JobKind.inHand`)
   */
  take(left?: string[]): Promise<LeasedJob | null>;
  /** Keeps the lease. @returns the job's status and whether others wait for a worker; null when the lease is lost */
  renew(id: string): Promise<{ status: JobStatus; othersWait: boolean } | null>;
  /** Writes how far it is. @returns false when the lease is lost: nothing was written then */
  advance(id: string, progress: JobProgress): Promise<boolean>;
  /**
   * Ends it, unless somebody paused or cancelled it in the same moment.
   * @param audited what the audit log says of it, in the name of who made the job and in the same statement; absent: nothing
   */
  finish(id: string, status: "completed" | "stopped" | "failed", message: string | null, audited?: object): Promise<void>;
  release(id: string): Promise<void>;
  /** What a kind wants to know of Postgres, over the same connection: its rows. */
  ask<Row extends object>(sql: string, values: unknown[]): Promise<Row[]>;
  /** Ends the connection; the next call opens another one. */
  close(): Promise<void>;
}

/** A worker that dies is followed by another one after this time; its owner renews it every 400 ms. */
export const LONGEST_LEASE_MS = 6_000;
export const SHORTEST_LEASE_MS = 2_000;

const UNTIL = "now() + $2::int * interval '1 millisecond'";
const FREE = "(lease_until IS NULL OR lease_until < now() OR lease_owner = $1)";

/**
 * Turns go round by tenant: first the tenants that fewest workers serve now, of these the one whose last turn is longest ago, and
 * of its jobs the one that has waited longest. Sixty jobs of one tenant so cost another's only job one turn, not sixty.
 */
const TAKE = `WITH turns AS (
    SELECT tenant_id, count(*) FILTER (WHERE lease_until >= now() AND lease_owner <> $1) AS served,
      max(updated_at) FILTER (WHERE started_at IS NOT NULL) AS last_turn
    FROM jobs
    WHERE (tenant_id IS NULL OR tenant_id IN (SELECT tenant_id FROM jobs WHERE status IN ('pending', 'running')))
      AND updated_at > now() - interval '1 hour'
    GROUP BY tenant_id)
  UPDATE jobs
  SET lease_owner = $1, lease_until = ${UNTIL}, started_at = coalesce(started_at, now()), updated_at = now(),
      status = CASE WHEN status = 'pending' THEN 'running'::replay_status ELSE status END
  WHERE id = (SELECT id FROM jobs AS job LEFT JOIN turns ON turns.tenant_id IS NOT DISTINCT FROM job.tenant_id
    WHERE (status IN ('pending', 'running') OR lease_owner IS NOT NULL OR id::text = ANY($4::text[])) AND ${FREE} AND kind = ANY($3::text[])
    ORDER BY lease_owner IS NULL, served NULLS FIRST, last_turn NULLS FIRST, updated_at LIMIT 1 FOR UPDATE OF job SKIP LOCKED)
  RETURNING id, kind, tenant_id AS "tenantId", status, spec, patch::text AS patch, rate_per_second AS "ratePerSecond", "limit", selected, processed,
    outcomes, report, cursor, created_by_name AS "createdByName", created_at AS "createdAt"`;

const RENEW = `UPDATE jobs AS job
  SET lease_until = ${UNTIL}, status = CASE WHEN status = 'pending' THEN 'running'::replay_status ELSE status END
  WHERE id = $4 AND lease_owner = $1
  RETURNING status, EXISTS (SELECT 1 FROM jobs AS other WHERE other.id <> job.id AND other.status IN ('pending', 'running')
    AND other.kind = ANY($3::text[]) AND (other.lease_until IS NULL OR other.lease_until < now())) AS "othersWait"`;

const ADVANCE = `UPDATE jobs
  SET processed = $4, outcomes = $5, report = $6, cursor = $7, selected = coalesce($8, selected), lease_until = ${UNTIL}, updated_at = now()
  WHERE id = $3 AND lease_owner = $1`;

/** What a spec keeps under `private` nobody needs any more once the job has ended for good. */
const FINISH = `WITH done AS (UPDATE jobs
    SET status = $4::replay_status, message = $5, spec = CASE WHEN $4 = 'completed' THEN spec - 'private' ELSE spec END, finished_at = now(), updated_at = now(), lease_until = ${UNTIL}
    WHERE id = $3 AND lease_owner = $1 AND status IN ('pending', 'running') RETURNING *)
  INSERT INTO audit_log (id, actor_kind, actor_id, actor_name, action, target_id, tenant_id, after, correlation_id)
  SELECT gen_random_uuid(), created_by_kind, created_by_id, created_by_name, kind || '.end', id::text, tenant_id, $6::json, correlation_id
  FROM done WHERE $6::json IS NOT NULL`;

const RELEASE = `UPDATE jobs SET lease_owner = NULL, lease_until = NULL, updated_at = now() WHERE id = $2 AND lease_owner = $1`;

export interface LeaseOptions {
  databaseUrl: string;
  /** Unique per process start. */
  owner: string;
  /** How long a lease lasts when it is not renewed. */
  leaseMs: number;
  /** Jobs of other kinds are left to others: an older worker knows fewer. */
  kinds: readonly JobKindName[];
  /** Told of errors of the connection between two calls. */
  onError: (error: Error) => void;
}

/**
 * Leases over a connection of their own that is opened when it is needed. Plain `pg`, loaded then: 10 MB in a worker that
 * has a job, where Prisma took 35, and taking a lease is SQL either way.
 */
export function createJobLeases({ databaseUrl, owner, leaseMs, kinds, onError }: LeaseOptions): JobLeases {
  let connection: Promise<pg.Client> | undefined;

  const connect = async (): Promise<pg.Client> => {
    const { default: postgres } = await import("pg");
    const client = new postgres.Client({
      connectionString: databaseUrl,
      application_name: `${owner}:jobs`,
      connectionTimeoutMillis: 3_000,
      query_timeout: 5_000,
      keepAlive: true,
    });
    client.on("error", (error) => {
      onError(error);
      connection = undefined;
    });
    await client.connect();
    return client;
  };

  const run = async <Row extends pg.QueryResultRow>(sql: string, values: unknown[]): Promise<pg.QueryResult<Row>> => {
    connection ??= connect();
    const mine = connection;
    try {
      return await (await mine).query<Row>(sql, values);
    } catch (error) {
      // The next call opens another one; this one may still be waiting for an answer.
      if (connection === mine) connection = undefined;
      void mine.then((client) => client.end()).catch(() => {});
      throw error;
    }
  };
  const query = <Row extends pg.QueryResultRow>(sql: string, values: unknown[]) => run<Row>(sql, [owner, ...values]);

  return {
    leaseMs,
    take: async (left = []) => (await query<LeasedJob>(TAKE, [leaseMs, kinds, left])).rows[0] ?? null,
    renew: async (id) => (await query<{ status: JobStatus; othersWait: boolean }>(RENEW, [leaseMs, kinds, id])).rows[0] ?? null,
    async advance(id, { processed, outcomes, report, cursor, selected = null }) {
      const json = [outcomes, report, cursor].map((value) => JSON.stringify(value, storable));
      return (await query(ADVANCE, [leaseMs, id, processed, ...json, selected])).rowCount === 1;
    },
    async finish(id, status, message, audited) {
      await query(FINISH, [leaseMs, id, status, message, audited ? JSON.stringify(audited, storable) : null]);
    },
    async release(id) {
      await query(RELEASE, [id]);
    },
    ask: async <Row extends object>(sql: string, values: unknown[]) => (await run<Row>(sql, values)).rows,
    async close() {
      const last = connection;
      connection = undefined;
      await last?.then((client) => client.end()).catch(() => {});
    },
  };
}

/** What jsonb refuses, in messages about keys that hold it: U+0000 and halves of surrogate pairs. */
function storable(_key: string, value: unknown): unknown {
  return typeof value === "string" ? value.toWellFormed().replaceAll("\u0000", "\u2400") : value;
}
