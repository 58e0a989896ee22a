import type { ExportRequest, JobView } from "@streamforge/shared";
import { queryOptions, useMutation } from "@tanstack/react-query";
import { api, ok } from "../../api/client.js";

export type Job = JobView;

/** Makes an export. @returns the id of its job */
export const useExport = () => useMutation({ mutationFn: (wanted: ExportRequest) => ok(api.POST("/v1/admin/exports", { body: wanted })) });

const UNDER_WAY_MS = 700;

export const isUnderWay = (job: Job | undefined): boolean => !job || job.status === "pending" || job.status === "running";

/** The job of an export, asked for until it has ended. */
export const exportJobQuery = (id: string) =>
  queryOptions({
    queryKey: ["jobs", id],
    queryFn: ({ signal }): Promise<Job> => ok(api.GET("/v1/admin/jobs/{id}", { params: { path: { id } }, signal })),
    refetchInterval: ({ state }) => (isUnderWay(state.data) ? UNDER_WAY_MS : false),
  });
