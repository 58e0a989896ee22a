import * as z from "zod/mini";
import { rangeSearch, text } from "../../lib/range.js";

/** Filters of the events page, in the URL. */
export const eventsSearch = z.object({ type: text, user: text, source: text, correlation: text, ...rangeSearch });
export type EventsSearch = z.infer<typeof eventsSearch>;
