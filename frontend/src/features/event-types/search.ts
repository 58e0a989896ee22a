import * as z from "zod/mini";
import { text } from "../../lib/range.js";

/** The type that is open beside the list, and whose it is: a name is unique within its tenant alone. */
export const openSearch = z.object({ open: text, of: text });
