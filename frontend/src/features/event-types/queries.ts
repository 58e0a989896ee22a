import type { EventTypeDetail, EventTypeSummary } from "@streamforge/shared";
import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, ok } from "../../api/client.js";
import { endless, type Paged } from "../../lib/endless.js";

const PAGE = 100;

/** Event types by name; of all tenants when none is named. */
export const typesQuery = (tenantId: string | undefined) =>
  infiniteQueryOptions({
    ...endless,
    // Unlike other lists it is read again by itself: others register types, too.
    staleTime: 0,
    queryKey: ["event-types", "list", tenantId],
    queryFn: async ({ pageParam, signal }) =>
      (await ok(
        api.GET("/v1/admin/event-types", { params: { query: { tenantId, limit: PAGE, cursor: pageParam } }, signal }),
      )) as Paged<EventTypeSummary>,
  });

/** One type with the schemas of all its versions. */
export const typeQuery = (tenantId: string, type: string) =>
  queryOptions({
    queryKey: ["event-types", "one", tenantId, type],
    queryFn: async ({ signal }) =>
      (await ok(api.GET("/v1/admin/event-types/{type}", { params: { path: { type }, query: { tenantId } }, signal }))) as EventTypeDetail,
  });

/** Changes types, and reads everything about them again afterwards. */
export function useChangeTypes<Input, Result>(change: (input: Input) => Promise<Result>) {
  const client = useQueryClient();
  return useMutation({ mutationFn: change, onSuccess: () => client.invalidateQueries({ queryKey: ["event-types"] }) });
}

export interface NewType {
  tenantId: string;
  type: string;
  description: string;
  schema: Record<string, unknown>;
}

/** Looking through 1,000 stored events takes a moment, but no longer than the client waits. */
export const checkType = (body: NewType) => ok(api.POST("/v1/admin/event-types/check", { body }));
export const registerType = (body: NewType) => ok(api.POST("/v1/admin/event-types", { body: { ...body, dryRun: false } }));

interface Version {
  tenantId: string;
  type: string;
  version?: number;
}

export const makeCount = ({ tenantId, type, version }: Version) =>
  ok(api.PATCH("/v1/admin/event-types/{type}", { params: { path: { type }, query: { tenantId } }, body: { version } }));

/** @param version all of them when absent */
export const retireType = ({ tenantId, type, version }: Version) =>
  ok(api.DELETE("/v1/admin/event-types/{type}", { params: { path: { type }, query: { tenantId, version } } }));
