import type { JobCommand, JobView } from "@streamforge/shared";
import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, ok } from "../../api/client.js";
import { endless } from "../../lib/endless.js";
import type { JobsSearch } from "./search.js";

/** Of a list of jobs; and how often it is asked for while one of them moves, and while none does. */
export const PAGE = 50;
export const RUNNING_MS = 1000;
export const QUIET_MS = 10_000;

/** It moves, or is about to. */
export const isMoving = ({ status }: Pick<JobView, "status">) => status === "pending" || status === "running";

/** Jobs of all kinds, newest first; followed closely while one of them moves. */
export const jobsQuery = (tenantId: string | undefined, { kind, status }: JobsSearch) =>
  infiniteQueryOptions({
    ...endless,
    queryKey: ["jobs", tenantId, kind, status],
    queryFn: ({ pageParam, signal }) =>
      ok(api.GET("/v1/admin/jobs", { params: { query: { tenantId, kind, status, limit: PAGE, cursor: pageParam } }, signal })),
    refetchOnMount: "always",
    refetchInterval: ({ state }) => (state.data?.pages.some(({ items }) => items.some(isMoving)) ? RUNNING_MS : QUIET_MS),
  });

/** One job with its report, once a second while it moves. */
export const jobQuery = (id: string) =>
  queryOptions({
    queryKey: ["job", id],
    queryFn: ({ signal }): Promise<JobView> => ok(api.GET("/v1/admin/jobs/{id}", { params: { path: { id } }, signal })),
    refetchInterval: ({ state }) => (state.data && !isMoving(state.data) ? false : RUNNING_MS),
    refetchOnMount: "always",
  });

/** Pauses, resumes or cancels a job. */
export function useJobCommand(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (command: JobCommand) => ok(api.POST(`/v1/admin/jobs/{id}/${command}`, { params: { path: { id } } })),
    onSuccess: (job) => client.setQueryData(jobQuery(id).queryKey, job),
    onSettled: () => client.invalidateQueries({ queryKey: ["jobs"] }),
  });
}

/** Begins a run of retention. @returns the id of its job */
export function useRetentionRun() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: { tenantId?: string | undefined; dryRun: boolean }) => ok(api.POST("/v1/admin/retention/run", { body })),
    onSettled: () => client.invalidateQueries({ queryKey: ["jobs"] }),
  });
}
