import type { JobView, Ledger } from "@streamforge/shared";
import { type Db, MongoClient } from "mongodb";
import type { Stack } from "../support/stack.js";
import { patience } from "../support/yardstick.js";

/** A tenant with users, some of whom are to be erased. */
export interface Users {
  db: Db;
  call<T = never>(method: string, path: string, body?: object, headers?: Record<string, string>): Promise<{ status: number; body: T }>;
  /** A key of the tenant. */
  keyOf(tenantId: string): Promise<string>;
  send(
    key: string,
    events: object[],
  ): Promise<{ status: number; body: { accepted: number; results: { code?: string; status: string }[] } }>;
  /** Waits until everything that was accepted is settled. */
  settled(tenantId: string): Promise<void>;
  erase(order: object): Promise<string>;
  ended(jobId: string): Promise<JobView>;
  ledger(tenantId: string): Promise<Ledger>;
  /** What MongoDB has of a user, wherever its name may stand. */
  left(tenantId: string, userId: string): Promise<{ events: number; letters: number }>;
  close(): Promise<void>;
}

export async function openUsers(stack: Stack): Promise<Users> {
  const client = await new MongoClient(stack.mongo.url).connect();
  const db = client.db("streamforge");

  const call: Users["call"] = async (method, path, body, headers = { "x-admin-token": stack.adminToken }) => {
    const response = await fetch(`${stack.apiUrl}${path}`, {
      method,
      headers: { ...(body ? { "content-type": "application/json" } : {}), ...headers },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return { status: response.status, body: (await response.json()) as never };
  };
  const until = async <T>(look: () => Promise<T | undefined>, what: string): Promise<T> => {
    const deadline = Date.now() + patience(60_000);
    for (;;) {
      const found = await look();
      if (found !== undefined) return found;
      if (Date.now() > deadline) throw new Error(`it did not come: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  const ledger = async (tenantId: string) =>
    (await call<Ledger>("GET", `/v1/admin/ledger?tenantId=${tenantId}&from=2020-01-01T00:00:00Z&limit=1000`)).body;

  return {
    db,
    call,
    ledger,
    async keyOf(tenantId) {
      const scopes = ["events:write", "events:read"];
      return (await call<{ key: string }>("POST", "/v1/admin/keys", { tenantId, name: tenantId, scopes })).body.key;
    },
    send: (key, events) => call("POST", "/v1/events?results=all", events, { authorization: `Bearer ${key}` }),
    settled: (tenantId) =>
      until(async () => ((await ledger(tenantId)).total.inFlight === 0 ? true : undefined), `${tenantId} settled`).then(() => {}),
    async erase(order) {
      const answer = await call<{ jobId: string }>("POST", "/v1/admin/erasures", { reason: "asked for by letter", ...order });
      if (answer.status !== 202) throw new Error(`erasure: ${answer.status} ${JSON.stringify(answer.body)}`);
      return answer.body.jobId;
    },
    ended: (jobId) =>
      until(async () => {
        const { body } = await call<JobView>("GET", `/v1/admin/jobs/${jobId}`);
        return ["completed", "stopped", "cancelled", "failed"].includes(body.status) ? body : undefined;
      }, `job ${jobId}`),
    async left(tenantId, userId) {
      const events = await db.collection("events").countDocuments({ tenantId, userId: { $eq: userId } });
      const letters = await db.collection("events_dlq").countDocuments({
        tenantId,
        $or: [{ userId: { $eq: userId } }, { raw: { $regex: userId.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&") } }],
      });
      return { events, letters };
    },
    close: () => client.close(),
  };
}
