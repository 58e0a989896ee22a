import * as z from "zod/mini";
import { states } from "./key-state.js";

/** Filters of the keys, in the URL; what the API would refuse is left out. */
export const keysSearch = z.object({
  q: z.catch(z.optional(z.string().check(z.minLength(1), z.maxLength(100))), undefined),
  state: z.catch(z.optional(z.enum(states)), undefined),
});
export type KeysSearch = z.infer<typeof keysSearch>;
