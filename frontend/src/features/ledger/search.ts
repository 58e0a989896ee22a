import * as z from "zod/mini";
import { rangeSearch } from "../../lib/range.js";

/** Filters of the ledger, in the URL. */
export const ledgerSearch = z.object({ ...rangeSearch, only: z.catch(z.optional(z.literal("missing")), undefined) });
