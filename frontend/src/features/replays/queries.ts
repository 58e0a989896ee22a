import type { JobCommand, ReplayView } from "@streamforge/shared";
import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, ok } from "../../api/client.js";
import { endless } from "../../lib/endless.js";
import { isMoving, PAGE, QUIET_MS, RUNNING_MS } from "../jobs/queries.js";
import type { ReplaysSearch } from "./search.js";

/** Replays, newest first; followed closely while one of them moves. */
export const replaysQuery = (tenantId: string | undefined, { status }: ReplaysSearch) =>
  infiniteQueryOptions({
    ...endless,
    queryKey: ["replays", tenantId, status],
    queryFn: ({ pageParam, signal }) =>
      ok(api.GET("/v1/admin/replay", { params: { query: { tenantId, status, limit: PAGE, cursor: pageParam } }, signal })),
    // What ended meanwhile, and what others began.
    refetchOnMount: "always",
    refetchInterval: ({ state }) => (state.data?.pages.some(({ items }) => items.some(isMoving)) ? RUNNING_MS : QUIET_MS),
  });

/** One replay with its report, once a second while it moves. */
export const replayQuery = (id: string) =>
  queryOptions({
    queryKey: ["replay", id],
    queryFn: ({ signal }): Promise<ReplayView> => ok(api.GET("/v1/admin/replay/{id}", { params: { path: { id } }, signal })),
    refetchInterval: ({ state }) => (state.data && !isMoving(state.data) ? false : RUNNING_MS),
    refetchOnMount: "always",
  });

/** Pauses, resumes or cancels a replay. */
export function useReplayCommand(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (command: JobCommand) => ok(api.POST(`/v1/admin/replay/{id}/${command}`, { params: { path: { id } } })),
    onSuccess: (replay) => client.setQueryData(replayQuery(id).queryKey, replay),
    onSettled: () => client.invalidateQueries({ queryKey: ["replays"] }),
  });
}
