import type { Config } from "../config.js";
import type { PageRead, UnitEnd, UnitStart } from "./unit.js";

/** What a worker and its export thread say to each other: one call at a time. */
export type UnitCall = { call: "begin"; start: UnitStart } | { call: "readPage" } | { call: "finish" } | { call: "count" };

export type UnitAnswer =
  | { begun: true }
  | { page: PageRead }
  | { end: UnitEnd }
  | { counted: number }
  /** `outage`: MongoDB could not do it now. */
  | { error: string; outage: boolean; code?: string };

/** What the thread is started with. */
export type ThreadSettings = Pick<Config, "MONGODB_URI" | "MONGODB_DATABASE" | "MONGO_TIMEOUT_MS" | "ALLOW_UNSAFE"> & { name: string };
