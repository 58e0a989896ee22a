import { jobKinds, jobStatuses } from "@streamforge/shared";
import * as z from "zod/mini";

/** Filters of the jobs, in the URL. */
export const jobsSearch = z.object({
  kind: z.catch(z.optional(z.enum(jobKinds)), undefined),
  status: z.catch(z.optional(z.enum(jobStatuses)), undefined),
});
export type JobsSearch = z.infer<typeof jobsSearch>;
