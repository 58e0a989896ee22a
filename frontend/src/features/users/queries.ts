import type { Role } from "@streamforge/shared";
import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, ok } from "../../api/client.js";
import { endless } from "../../lib/endless.js";

const PAGE = 100;

/** People by e-mail. @param q part of an e-mail */
export const usersQuery = (q: string | undefined) =>
  infiniteQueryOptions({
    ...endless,
    queryKey: ["users", "list", q],
    queryFn: ({ pageParam, signal }) =>
      ok(api.GET("/v1/admin/users", { params: { query: { q, limit: PAGE, cursor: pageParam } }, signal })),
  });

export const userQuery = (id: string) =>
  queryOptions({
    queryKey: ["users", "one", id],
    queryFn: ({ signal }) => ok(api.GET("/v1/admin/users/{id}", { params: { path: { id } }, signal })),
  });

export const userSessionsQuery = (id: string) =>
  queryOptions({
    queryKey: ["users", "sessions", id],
    queryFn: async ({ signal }) => (await ok(api.GET("/v1/admin/users/{id}/sessions", { params: { path: { id } }, signal }))).items,
  });

/** Changes people, and reads everything about them again afterwards. */
export function useChangeUsers<Input, Result>(change: (input: Input) => Promise<Result>) {
  const client = useQueryClient();
  return useMutation({ mutationFn: change, onSuccess: () => client.invalidateQueries({ queryKey: ["users"] }) });
}

const path = (id: string) => ({ params: { path: { id } } });

export const createUser = (body: { email: string; role: Role }) => ok(api.POST("/v1/admin/users", { body }));
export const changeUser = ({ id, ...body }: { id: string; role?: Role; disabled?: boolean }) =>
  ok(api.PATCH("/v1/admin/users/{id}", { ...path(id), body }));
export const resetPassword = (id: string) => ok(api.POST("/v1/admin/users/{id}/password", { ...path(id), body: {} }));
export const signOutEverywhere = (id: string) => ok(api.DELETE("/v1/admin/users/{id}/sessions", path(id)));
