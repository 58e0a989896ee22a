import type { ErasuresOfUser } from "@streamforge/shared";
import { Binary } from "mongodb";
import { type Actor, audit } from "../accounts/audit.js";
import type { PrismaClient } from "../accounts/database.js";
import { type Jobs, jobView } from "../jobs/jobs.js";
import { createErasureLog, erasuresCollection, type UserDigest } from "../store/erasures.js";
import { guarded } from "../store/guarded.js";
import type { Store } from "../store/mongo.js";
import type { Places } from "../stream/places.js";
import type { ErasureSpec } from "./job-shape.js";

export interface ErasureOrder {
  tenantId: string;
  userId: string;
  reason: string;
  block: boolean;
}

/** Erasures, as the API sees them. Their work is done by workers (`kind.ts`). */
export interface Erasures {
  /**
   * Makes the job. Everything of the user that was acknowledged before is erased; what comes later is new (or refused, with `block`).
   * @throws TooManyJobsError
   */
  create(actor: Actor, order: ErasureOrder, signal: AbortSignal): Promise<{ jobId: string }>;
  /** Whether and when this user was erased. The answer outlives the user: it is found by its digest. */
  of(tenantId: string, userId: string): Promise<ErasuresOfUser>;
  /** Takes the user again. @returns of how many erasures the block was taken away */
  unblock(actor: Actor, order: Omit<ErasureOrder, "block">): Promise<number>;
}

export interface ErasuresDeps {
  jobs: Pick<Jobs, "create">;
  prisma: PrismaClient;
  store: Pick<Store, "db">;
  places: Pick<Places, "now">;
  digestOf: UserDigest;
}

const MOST_SHOWN = 100;

export function createErasures({ jobs, prisma, store, places, digestOf }: ErasuresDeps): Erasures {
  const log = createErasureLog(store.db);

  return {
    async create(actor, { tenantId, userId, reason, block }, signal) {
      const user = digestOf(tenantId, userId).toString("hex");
      const prepare = async () => {
        // With a block the place is taken once every process refuses the user: nothing comes behind it then.
        const place = block ? {} : await places.now().then(({ upTo, at }) => ({ upTo, at: at.toISOString() }));
        const spec: ErasureSpec = { user, reason, block, private: { userId, ...place } };
        return { kind: "erasure" as const, tenantId, spec, audited: { action: "erasure.create" as const, after: { user, reason, block } } };
      };
      return { jobId: await jobs.create(actor, tenantId, prepare, signal) };
    },

    async of(tenantId, userId) {
      const user = digestOf(tenantId, userId);
      const where = { kind: "erasure", tenantId, spec: { path: ["user"], equals: user.toString("hex") } };
      const [rows, blocked] = await Promise.all([
        prisma.job.findMany({ where, orderBy: [{ createdAt: "desc" }, { id: "desc" }], take: MOST_SHOWN }),
        guarded(() =>
          erasuresCollection(store.db).findOne({ tenantId, user: new Binary(user), blocked: true }, { projection: { _id: 1 } }),
        ),
      ]);
      return { user: user.toString("hex"), blocked: blocked !== null, items: rows.map(jobView) };
    },

    async unblock(actor, { tenantId, userId, reason }) {
      const user = digestOf(tenantId, userId);
      const unblocked = await log.unblock(tenantId, user);
      const after = { user: user.toString("hex"), reason, unblocked };
      await audit(prisma, actor, { action: "erasure.unblock", targetId: user.toString("hex"), tenantId, after });
      return unblocked;
    },
  };
}
