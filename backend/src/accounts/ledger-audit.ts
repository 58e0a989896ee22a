import { type Actor, audit } from "./audit.js";
import type { PrismaClient } from "./database.js";

/**
 * Acknowledges an alarm of the ledger and says so in the audit log. The log is in Postgres, the alarm in MongoDB: the entry is
 * written first and taken back when the work fails, so that nothing is acknowledged without one.
 */
export function auditedAcknowledgement(prisma: PrismaClient) {
  return <T>(actor: Actor, alarmId: string, note: string, work: () => Promise<T>): Promise<T> =>
    prisma.$transaction(async (db) => {
      await audit(db, actor, { action: "ledger.acknowledge", targetId: alarmId, tenantId: null, after: { note } });
      return work();
    });
}
