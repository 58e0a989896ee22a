import type { Config } from "../config.js";
import { createLocalTarget } from "./local-target.js";
import { createS3Target } from "./s3-target.js";
import { type ExportTarget, TargetRefusedError } from "./target.js";

export type TargetSettings = Pick<
  Config,
  | "EXPORT_DIR"
  | "EXPORT_S3_BUCKET"
  | "EXPORT_S3_PREFIX"
  | "EXPORT_S3_REGION"
  | "EXPORT_S3_ENDPOINT"
  | "EXPORT_S3_ACCESS_KEY_ID"
  | "EXPORT_S3_SECRET_ACCESS_KEY"
  | "EXPORT_TEMP_DIR"
>;

type Kind = ExportTarget["kind"];
const SETTING: Record<Kind, keyof TargetSettings> = { local: "EXPORT_DIR", s3: "EXPORT_S3_BUCKET" };

/** The targets that are configured, that which is taken when none is named first: a folder before a bucket. */
export function configuredTargets(config: TargetSettings): Kind[] {
  return (["local", "s3"] as const).filter((kind) => config[SETTING[kind]] !== undefined);
}

/** Why a target cannot be had, and what to do; undefined when it can. @param kind undefined: whichever there is */
export function targetFault(config: TargetSettings, kind: Kind | undefined): string | undefined {
  const configured = configuredTargets(config);
  if (configured.length === 0) return "No target for exports is configured: set EXPORT_DIR or EXPORT_S3_BUCKET and restart.";
  if (kind === undefined || configured.includes(kind)) return undefined;
  return `The target ${kind} is not configured: set ${SETTING[kind]} and restart, or take ${configured.join(" or ")}.`;
}

/** @throws TargetRefusedError when this process has no such target; others may have */
export function openTarget(config: TargetSettings, kind: Kind): ExportTarget {
  if (config[SETTING[kind]] === undefined)
    throw new TargetRefusedError(`this worker has no ${SETTING[kind]}; set it for all processes alike`);
  return kind === "local" ? createLocalTarget(config.EXPORT_DIR as string) : createS3Target(config);
}
