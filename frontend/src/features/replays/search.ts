import { replayStatuses } from "@streamforge/shared";
import * as z from "zod/mini";

/** Filters of the replays, in the URL. */
export const replaysSearch = z.object({ status: z.catch(z.optional(z.enum(replayStatuses)), undefined) });
export type ReplaysSearch = z.infer<typeof replaysSearch>;
