import { z } from "zod";
import { tenantIdSchema, whole } from "./vocabulary.js";

/** What a person has chosen for the dashboard. */

export const themes = ["system", "light", "dark"] as const;
export const densities = ["comfortable", "compact"] as const;

const theme = z.enum(themes);
const timeZone = z
  .string()
  .max(100)
  .refine(isTimeZone, "must be an IANA time zone like Europe/Berlin, or browser")
  .meta({ examples: ["Europe/Berlin", "browser"] });
const defaultTenantId = tenantIdSchema.nullable().describe("Tenant that pages begin with; null is all of them");
const refreshSeconds = whole(1, 300).describe("How often pages that are not live ask again");
const density = z.enum(densities);

export const settingsSchema = z.object({ theme, timeZone, defaultTenantId, refreshSeconds, density });
export type Settings = z.infer<typeof settingsSchema>;

export const defaultSettings: Settings = {
  theme: "system",
  timeZone: "browser",
  defaultTenantId: null,
  refreshSeconds: 5,
  density: "comfortable",
};

/** What a person has chosen, and what the operator has set for all: it cannot be chosen. */
export const settingsViewSchema = settingsSchema.extend({
  traceUrlTemplate: z
    .string()
    .nullable()
    .describe("Page of a trace, `{traceId}` being its id (TRACE_URL_TEMPLATE); null when there is none"),
});
export type SettingsView = z.infer<typeof settingsViewSchema>;

/** Changes some of them. */
export const changeSettingsSchema = settingsSchema.partial().strict();

/** What was stored, perhaps by another version: a field that does not fit counts as not chosen. Never throws. */
export function readSettings(stored: unknown): Settings {
  const fields = (stored ?? {}) as Record<string, unknown>;
  const chosen = Object.entries(settingsSchema.shape).flatMap(([name, field]) => {
    const parsed = field.safeParse(fields[name]);
    return parsed.success ? [[name, parsed.data]] : [];
  });
  return { ...defaultSettings, ...Object.fromEntries(chosen) };
}

function isTimeZone(name: string): boolean {
  if (name === "browser") return true;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    // "+02:00" is taken by Intl too, but knows no summer time.
    return !/^[+-]/.test(name);
  } catch {
    return false;
  }
}
