import { readSettings, type Settings } from "@streamforge/shared";
import type { PrismaClient } from "./database.js";

/** What people have chosen for the dashboard, in `user_settings`. */
export interface SettingsService {
  read(userId: string): Promise<Settings>;
  /** Fields that are not named, also those that this version does not know, stay as they are. @returns all of them */
  change(userId: string, change: Partial<Settings>): Promise<Settings>;
}

export function createSettingsService(prisma: PrismaClient): SettingsService {
  return {
    async read(userId) {
      return readSettings((await prisma.userSettings.findUnique({ where: { userId } }))?.settings);
    },
    async change(userId, change) {
      // Merged by Postgres: two windows that change different fields at once keep both.
      const [row] = await prisma.$queryRaw<{ settings: unknown }[]>`
        INSERT INTO user_settings (user_id, settings, updated_at) VALUES (${userId}::uuid, ${JSON.stringify(change)}::jsonb, now())
        ON CONFLICT (user_id) DO UPDATE SET settings = user_settings.settings || excluded.settings, updated_at = now()
        RETURNING settings`;
      return readSettings(row?.settings);
    },
  };
}
