import type { EventView } from "@streamforge/shared";
import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, ok } from "../../api/client.js";
import { endless } from "../../lib/endless.js";
import { parseExact } from "../../lib/exact-json.js";
import { boundsOf } from "../../lib/range.js";
import type { EventsSearch } from "./search.js";

const PAGE = 100;

/** A tenant's events, newest first. */
export const eventsQuery = (tenantId: string | undefined, search: EventsSearch) =>
  infiniteQueryOptions({
    ...endless,
    queryKey: ["events", tenantId, search],
    enabled: tenantId !== undefined,
    queryFn: ({ pageParam, signal }) => {
      const { type, user, source, correlation } = search;
      const filter = { type, userId: user, source, correlationId: correlation, ...boundsOf(search, Date.now()) };
      return ok(api.GET("/v1/events", { params: { query: { tenantId, ...filter, limit: PAGE, cursor: pageParam } }, signal }));
    },
  });

/** An event on its way is asked for until it has arrived. */
const ON_ITS_WAY_MS = 1000;

/** One event, with its numbers as they were sent. */
export const eventQuery = (tenantId: string | undefined, eventId: string) =>
  queryOptions({
    queryKey: ["event", tenantId, eventId],
    enabled: tenantId !== undefined,
    queryFn: async ({ signal }) => {
      const request = api.GET("/v1/events/{eventId}", { params: { path: { eventId }, query: { tenantId } }, parseAs: "text", signal });
      return parseExact(await ok(request)) as EventView;
    },
    refetchInterval: ({ state }) => (state.data && /^(queued|retrying)$/.test(state.data.status) ? ON_ITS_WAY_MS : false),
  });

/** Erases a user. @returns the id of the job */
export function useErasure() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (order: { tenantId: string; userId: string; reason: string; block: boolean }) =>
      ok(api.POST("/v1/admin/erasures", { body: order })),
    onSettled: () => client.invalidateQueries({ queryKey: ["jobs"] }),
  });
}
