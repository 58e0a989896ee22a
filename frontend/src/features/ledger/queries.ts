import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, ok } from "../../api/client.js";
import { useMay } from "../../app/permissions.js";
import { useRefreshMs } from "../../app/settings.js";

/** Announced losses, newest first; undefined for those who may not read them. */
export function useAlarms() {
  const may = useMay();
  return useQuery({
    queryKey: ["ledger-alarms"],
    queryFn: async ({ signal }) => (await ok(api.GET("/v1/admin/ledger/alarms", { signal }))).items,
    enabled: may("GET /v1/admin/ledger/alarms"),
    refetchInterval: useRefreshMs(),
  });
}

/** Says that a loss is known. */
export function useAcknowledge() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, note }: { id: string; note: string }) =>
      ok(api.POST("/v1/admin/ledger/alarms/{id}/acknowledge", { params: { path: { id } }, body: { note } })),
    onSuccess: () => Promise.all(["ledger-alarms", "ledger"].map((name) => client.invalidateQueries({ queryKey: [name] }))),
  });
}

const LAST = 10;
/** A count under way is followed until it ends. */
const RUNNING_MS = 1000;

export const checksQuery = (refreshMs: number) =>
  queryOptions({
    queryKey: ["ledger-checks"],
    queryFn: async ({ signal }) => (await ok(api.GET("/v1/admin/ledger/checks", { params: { query: { limit: LAST } }, signal }))).items,
    refetchInterval: ({ state }) => (state.data?.[0]?.status === "running" ? RUNNING_MS : refreshMs),
  });

/** Counts now; the answer is the count that is under way. */
export function useCountNow() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => ok(api.POST("/v1/admin/ledger/verify")),
    onSuccess: () => client.invalidateQueries({ queryKey: ["ledger-checks"] }),
  });
}
