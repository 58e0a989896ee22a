import type { Config } from "../config.js";
import { type Actor, audit } from "./audit.js";
import { createPrisma, type Database } from "./database.js";
import { insertKey, tenantAllowed } from "./keys.js";
import { passwordFault } from "./password-strength.js";
import { generatePassword, hashPassword } from "./passwords.js";

export { migrate } from "./migrations.js";

export const DEMO_TENANT = "tenant-demo";

/** What `tenant-demo` sends: an amount in a currency. */
const DEMO_TYPES = ["SALE", "PAYMENT"] as const;
const DEMO_SCHEMA = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "object",
  required: ["amount", "currency"],
  properties: { amount: { type: "number" }, currency: { type: "string" } },
};

/** Two first starts at once must not make two admins; any number that nothing else locks with. */
const SEED_LOCK = 5_700_721;

const SYSTEM: Actor = { kind: "system", id: "seed", name: "first start" };

/** What a first start made. A password and a key are returned once, by the call that made them. */
export interface Seeded {
  adminEmail: string;
  /** Present only when it was generated just now; one from ADMIN_PASSWORD is not repeated. */
  adminPassword?: string;
  /** Present only when it was made just now. */
  apiKey?: string;
}

/**
 * Makes what a fresh installation needs to be used: the first admin when there are no users, the tenant `tenant-demo` (unless
 * TENANT_ALLOWLIST leaves it out), a key for it when it has never had one, and its event types likewise. Repeating it changes nothing.
 */
export async function seed(config: Config): Promise<Seeded> {
  const prisma = createPrisma(config.DATABASE_URL);
  try {
    return await prisma.$transaction(
      async (db) => {
        await db.$queryRaw`SELECT pg_advisory_xact_lock(${SEED_LOCK})::text`;
        const adminPassword = await seedAdmin(db, config);
        const apiKey = await seedDemoTenant(db, config);
        await seedDemoTypes(db);
        return { adminEmail: config.ADMIN_EMAIL, adminPassword, apiKey };
      },
      { maxWait: 10_000, timeout: 20_000 },
    );
  } finally {
    await prisma.$disconnect();
  }
}

async function seedAdmin(db: Database, config: Config): Promise<string | undefined> {
  if ((await db.user.count()) > 0) return undefined;
  if (config.ADMIN_PASSWORD !== undefined) {
    const fault = await passwordFault(config.ADMIN_PASSWORD, config.ADMIN_EMAIL);
    if (fault !== undefined) throw new Error(`ADMIN_PASSWORD ${fault}, or unset it to have one made and printed once.`);
  }
  const password = config.ADMIN_PASSWORD ?? generatePassword();
  const user = await db.user.create({
    data: { email: config.ADMIN_EMAIL.toLowerCase(), role: "admin", passwordHash: await hashPassword(password) },
  });
  await audit(db, SYSTEM, { action: "user.create", targetId: user.id, tenantId: null, after: { email: user.email, role: user.role } });
  return config.ADMIN_PASSWORD ? undefined : password;
}

async function seedDemoTenant(db: Database, config: Config): Promise<string | undefined> {
  if (!tenantAllowed(config.TENANT_ALLOWLIST, DEMO_TENANT)) return undefined;
  if ((await db.apiKey.count({ where: { tenantId: DEMO_TENANT } })) > 0) return undefined;
  const { token } = await insertKey(db, config.KEY_PEPPER, SYSTEM, {
    tenantId: DEMO_TENANT,
    name: "demo",
    scopes: ["events:write", "events:read"],
    environment: "live",
  });
  return token;
}

/** An older installation gets them, too; one where somebody retired them does not get them again. */
async function seedDemoTypes(db: Database): Promise<void> {
  const tenantId = DEMO_TENANT;
  if ((await db.eventType.count({ where: { tenantId } })) > 0 || !(await db.tenant.findUnique({ where: { id: tenantId } }))) return;
  for (const type of DEMO_TYPES) {
    const seeded = { version: 1, schema: DEMO_SCHEMA, description: "An amount in a currency" };
    await db.eventType.create({ data: { tenantId, type, ...seeded, createdBy: SYSTEM.name } });
    await audit(db, SYSTEM, { action: "event-type.register", targetId: type, tenantId, after: seeded });
  }
}
