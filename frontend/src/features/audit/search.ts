import * as z from "zod/mini";
import { rangeSearch, text } from "../../lib/range.js";

/** Filters of the audit log, in the URL. */
export const auditSearch = z.object({ action: text, actor: text, target: text, ...rangeSearch });
export type AuditSearch = z.infer<typeof auditSearch>;
/** Id of the entry that is open beside the list. */
export const openSearch = z.object({ open: text });
