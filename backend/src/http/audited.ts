import { type Actor, type AuditEntry, amendAudit, audit } from "../accounts/audit.js";
import type { Database } from "../accounts/database.js";
import { sayOutage } from "../lib/errors.js";

/**
 * Does work in another store than Postgres, where the audit log is: the entry is written first, so that nothing is done without
 * one, and what came of the work is added to it. One that has no outcome was tried: the process died, or the store did not answer.
 * @throws 503 when the entry cannot be written; nothing was done then
 */
export async function audited<T extends object>(
  db: Database,
  actor: Actor,
  entry: AuditEntry & { after: object },
  work: () => Promise<T>,
  outcomeOf: (result: T) => object,
): Promise<T> {
  const id = await audit(db, actor, entry).catch(sayOutage("Postgres, which keeps the audit log, does not answer: nothing was done"));
  const result = await work();
  // The work is done: a log that cannot be reached now must not make it look as if it were not.
  await amendAudit(db, id, { ...entry.after, ...outcomeOf(result) }).catch(() => {});
  return result;
}
