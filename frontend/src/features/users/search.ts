import * as z from "zod/mini";
import { text } from "../../lib/range.js";

/** What the users page keeps in the URL. */
export const usersSearch = z.object({ q: text });
/** Id of the person that is open beside the list. */
export const openSearch = z.object({ open: text });
