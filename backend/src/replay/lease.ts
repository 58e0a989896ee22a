import type { ReplayMode, ReplayReport, ReplaySource, ReplayStatus } from "@streamforge/shared";
import type pg from "pg";
import type { Decision, Outcomes, Review } from "./decision.js";

/** Where a job goes on. */
export interface ReplayCursor {
  /** The last letter or event that was looked at: ms since 1970, and its `_id` in hex. */
  atMs?: number;
  id?: string;
  /**
   * What was decided last. It is counted in the same update of the row, and written to the letters after that: a worker that
   * takes over writes it again, which changes nothing twice, so that counts are exact wherever the one before was killed.
   */
  decided?: { atMs: number; decisions: Decision[] };
  reviewed?: Review[];
  /** The last outcomes, newest last: `f` failed, `.` did not. */
  recent?: string;
  /** How often a worker died with letters of this job in hand, without one being decided in between. */
  deaths?: number;
  /** The letter that was being tried alone (hex): found after a death, it is what ended the worker. */
  suspect?: string;
  /** The worker that wrote these two: when it finds them itself, it has lost its lease for a while, and nobody died. */
  by?: string;
}

/** What a worker knows of the job it has. */
export interface LeasedJob {
  id: string;
  tenantId: string;
  source: ReplaySource;
  mode: ReplayMode;
  status: ReplayStatus;
  selector: Record<string, unknown>;
  /** RFC 6902 as JSON text, as it was sent. */
  patch: string | null;
  ratePerSecond: number;
  limit: number | null;
  selected: number;
  processed: number;
  outcomes: Outcomes;
  report: ReplayReport;
  cursor: ReplayCursor | null;
  createdByName: string;
  createdAt: Date;
}

export interface JobProgress {
  processed: number;
  outcomes: Outcomes;
  report: ReplayReport;
  cursor: ReplayCursor;
}

/** The jobs as workers see them: whoever holds a job's lease works on it, and nobody else. */
export interface ReplayLeases {
  readonly leaseMs: number;
  /**
   * Takes a job that nobody holds: one that a dead worker left first, then turns go round by tenant.
   * @param left jobs that are to be taken whatever their status is, since letters say that they are in these jobs' hands
   */
  take(left?: string[]): Promise<LeasedJob | null>;
  /** Keeps the lease. @returns the job's status and whether others wait for a worker; null when the lease is lost */
  renew(id: string): Promise<{ status: ReplayStatus; othersWait: boolean } | null>;
  /** Writes how far it is. @returns false when the lease is lost: nothing was written then */
  advance(id: string, progress: JobProgress): Promise<boolean>;
  /** Ends it, unless somebody paused or cancelled it in the same moment. */
  finish(id: string, status: "completed" | "stopped" | "failed", message: string | null): Promise<void>;
  release(id: string): Promise<void>;
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
    FROM replay_jobs
    WHERE tenant_id IN (SELECT tenant_id FROM replay_jobs WHERE status IN ('pending', 'running')) AND updated_at > now() - interval '1 hour'
    GROUP BY tenant_id)
  UPDATE replay_jobs
  SET lease_owner = $1, lease_until = ${UNTIL}, started_at = coalesce(started_at, now()), updated_at = now(),
      status = CASE WHEN status = 'pending' THEN 'running'::replay_status ELSE status END
  WHERE id = (SELECT id FROM replay_jobs AS job LEFT JOIN turns USING (tenant_id)
    WHERE (status IN ('pending', 'running') OR lease_owner IS NOT NULL OR id::text = ANY($3::text[])) AND ${FREE}
    ORDER BY lease_owner IS NULL, served NULLS FIRST, last_turn NULLS FIRST, updated_at LIMIT 1 FOR UPDATE OF job SKIP LOCKED)
  RETURNING id, tenant_id AS "tenantId", source, mode, status, selector, patch::text AS patch, rate_per_second AS "ratePerSecond", "limit", selected,
    processed, outcomes, report, cursor, created_by_name AS "createdByName", created_at AS "createdAt"`;

const RENEW = `UPDATE replay_jobs AS job
  SET lease_until = ${UNTIL}, status = CASE WHEN status = 'pending' THEN 'running'::replay_status ELSE status END
  WHERE id = $3 AND lease_owner = $1
  RETURNING status, EXISTS (SELECT 1 FROM replay_jobs AS other WHERE other.id <> job.id AND other.status IN ('pending', 'running')
    AND (other.lease_until IS NULL OR other.lease_until < now())) AS "othersWait"`;

const ADVANCE = `UPDATE replay_jobs
  SET processed = $4, outcomes = $5, report = $6, cursor = $7, lease_until = ${UNTIL}, updated_at = now()
  WHERE id = $3 AND lease_owner = $1`;

const FINISH = `UPDATE replay_jobs
  SET status = $4::replay_status, message = $5, finished_at = now(), updated_at = now(), lease_until = ${UNTIL}
  WHERE id = $3 AND lease_owner = $1 AND status IN ('pending', 'running')`;

const RELEASE = `UPDATE replay_jobs SET lease_owner = NULL, lease_until = NULL, updated_at = now()
  WHERE id = $3 AND lease_owner = $1 AND $2::int > 0`;

/**
 * Leases over a connection of their own that is opened when it is needed. Plain `pg`, loaded then: 10 MB in a worker that
 * replays, where Prisma took 35, and taking a lease is SQL either way.
 * @param owner unique per process start
 * @param leaseMs how long a lease lasts when it is not renewed
 */
export function createReplayLeases(databaseUrl: string, owner: string, leaseMs: number, onError: (error: Error) => void): ReplayLeases {
  let connection: Promise<pg.Client> | undefined;

  const connect = async (): Promise<pg.Client> => {
    const { default: postgres } = await import("pg");
    const client = new postgres.Client({
      connectionString: databaseUrl,
      application_name: `${owner}:replay`,
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

  const query = async <Row extends pg.QueryResultRow>(sql: string, ...values: unknown[]): Promise<pg.QueryResult<Row>> => {
    connection ??= connect();
    const mine = connection;
    try {
      return await (await mine).query<Row>(sql, [owner, leaseMs, ...values]);
    } catch (error) {
      // The next call opens another one; this one may still be waiting for an answer.
      if (connection === mine) connection = undefined;
      void mine.then((client) => client.end()).catch(() => {});
      throw error;
    }
  };

  return {
    leaseMs,
    take: async (left = []) => (await query<LeasedJob>(TAKE, left)).rows[0] ?? null,
    renew: async (id) => (await query<{ status: ReplayStatus; othersWait: boolean }>(RENEW, id)).rows[0] ?? null,
    async advance(id, { processed, outcomes, report, cursor }) {
      const json = [outcomes, report, cursor].map((value) => JSON.stringify(value, storable));
      return (await query(ADVANCE, id, processed, ...json)).rowCount === 1;
    },
    async finish(id, status, message) {
      await query(FINISH, id, status, message);
    },
    async release(id) {
      await query(RELEASE, id);
    },
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
