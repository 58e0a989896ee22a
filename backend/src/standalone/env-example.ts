import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { configSchema } from "../config.js";
import { isMain } from "../main.js";

/** The path is the same from `src` and from `dist`. */
export const ENV_EXAMPLE_FILE = fileURLToPath(new URL("../../../.env.example", import.meta.url));

interface Property {
  description?: string;
  default?: unknown;
  enum?: string[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
}

/** The text of `.env.example`: every setting of the schema with what it means, what it may be, and its default. */
export function envExample(): string {
  const { properties = {} } = z.toJSONSchema(configSchema, { io: "input", unrepresentable: "any" });
  const settings = Object.entries(properties as Record<string, Property>).map(([name, property]) => {
    const about = [property.description, allowed(property)].filter(Boolean).join(". ");
    return `# ${about}\n# ${name}=${property.default ?? ""}`;
  });
  return [
    "# Every setting of StreamForge with its default; units are in the names or stand behind the words.",
    "# Written by `npm run env:example` from backend/src/config.ts. Copy to .env and uncomment what is to differ.",
    "",
    settings.join("\n\n"),
    "",
  ].join("\n");
}

function allowed({ enum: values, minimum, maximum, minLength }: Property): string {
  if (minLength && minLength > 1) return `At least ${minLength} characters`;
  if (values) return `One of ${values.join(", ")}`;
  const bounded = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER;
  if (minimum !== undefined && bounded) return `${minimum} to ${maximum}`;
  return minimum ? `At least ${minimum}` : "";
}

if (isMain(import.meta.url)) writeFileSync(ENV_EXAMPLE_FILE, envExample());
