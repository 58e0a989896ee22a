import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import type * as z from "zod/mini";

export interface Filters<Values> {
  values: Values;
  /** Something besides the tenant is set. */
  active: boolean;
  /** Changes some, in the URL; undefined takes one away. Not a step back in the browser's history: typing would make many. */
  set: (change: Partial<Values>) => void;
  clear: () => void;
}

/**
 * A page's filters, from the URL and into it: `const { values, set } = useFilters(eventsSearch)`. What is wrong in a URL is left out, since
 * links are cut off and edited by hand: give each member of the schema a `z.catch(…, undefined)`.
 *
 * Checked here and not by the router, whose routes are part of the first load: zod is 16 kB of it.
 */
export function useFilters<Schema extends z.ZodMiniObject>(schema: Schema): Filters<z.infer<Schema>> {
  type Values = z.infer<Schema>;
  const search = useSearch({ strict: false });
  const navigate = useNavigate();
  const values = useMemo(() => schema.parse(search) as Values, [schema, search]);
  const set = (change: Partial<Values>) =>
    void navigate({ to: ".", search: (previous: object) => ({ ...previous, ...change }), replace: true });
  const nothing = Object.fromEntries(Object.keys(schema.shape).map((name) => [name, undefined])) as Partial<Values>;
  return { values, set, clear: () => set(nothing), active: Object.values(values).some((value) => value !== undefined) };
}
