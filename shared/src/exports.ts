import { z } from "zod";
import { exactText, tenantIdSchema, timeInBody } from "./vocabulary.js";

/** Exports to Parquet: what can be asked for. Their progress is that of any job. */

export const exportTargets = ["local", "s3"] as const;
export type ExportTargetName = (typeof exportTargets)[number];

export const exportRequestSchema = z
  .strictObject({
    tenantId: tenantIdSchema.optional(),
    type: exactText().optional().describe("Events of this type only"),
    from: timeInBody.describe("Occurred at or after"),
    to: timeInBody.describe("Occurred before"),
    target: z
      .enum(exportTargets)
      .optional()
      .describe(
        "local: the folder EXPORT_DIR of the server; s3: the bucket EXPORT_S3_BUCKET. Absent: the one that is configured, of both the folder",
      ),
  })
  .refine(({ from, to }) => Date.parse(from) < Date.parse(to), { path: ["to"], message: "must be after from" });
export type ExportRequest = z.infer<typeof exportRequestSchema>;
