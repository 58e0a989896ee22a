import type { Prisma } from "../generated/prisma/client.js";
import type { Database } from "./database.js";

/** Who did something. */
export interface Actor {
  kind: "user" | "key" | "admin-token" | "system";
  id: string;
  name: string;
  /** Correlation id of the request. */
  correlationId?: string;
}

/** What was done. `before` and `after` never hold a secret, not even its hash. */
export interface AuditEntry {
  action:
    | "key.create"
    | "key.revoke"
    | "key.rotate"
    | "tenant.create"
    | "tenant.update"
    | "user.create"
    | "session.create"
    | "session.delete"
    | "session.revoke"
    | "user.update"
    | "user.password"
    | "settings.update"
    | "event-type.register"
    | "event-type.update"
    | "event-type.retire"
    | "dead-letters.retry"
    | "dead-letters.discard"
    | "replay.create"
    | "replay.pause"
    | "replay.resume"
    | "replay.cancel"
    | "ledger.acknowledge";
  targetId: string;
  tenantId: string | null;
  before?: Prisma.InputJsonValue;
  after?: Prisma.InputJsonValue;
}

/** Writes the entry in the transaction of the change itself: neither exists without the other. */
export async function audit(db: Database, actor: Actor, entry: AuditEntry): Promise<void> {
  await db.auditLog.create({
    data: { actorKind: actor.kind, actorId: actor.id, actorName: actor.name, correlationId: actor.correlationId, ...entry },
  });
}
