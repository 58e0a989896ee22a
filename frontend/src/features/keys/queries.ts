import type { KeyView } from "@streamforge/shared";
import { infiniteQueryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, ok } from "../../api/client.js";
import { endless } from "../../lib/endless.js";
import type { KeysSearch } from "./search.js";

export type NewKey = KeyView & { key: string };

const PAGE = 100;
/** A key's last use is written down every minute or so; asking more often shows nothing new. */
const AGAIN_MS = 15_000;

/** API keys, newest first; of all tenants when none is named. */
export const keysQuery = (tenantId: string | undefined, search: KeysSearch) =>
  infiniteQueryOptions({
    ...endless,
    // Unlike other lists it is read again by itself: anyone who rotates a key waits for the old one to fall silent.
    staleTime: 0,
    refetchInterval: AGAIN_MS,
    queryKey: ["keys", tenantId, search],
    queryFn: ({ pageParam, signal }) =>
      ok(
        api.GET("/v1/admin/keys", {
          params: { query: { tenantId, q: search.q, state: search.state, limit: PAGE, cursor: pageParam } },
          signal,
        }),
      ),
  });

/** Changes keys, and reads the list again afterwards. */
function useChange<Input, Result>(change: (input: Input) => Promise<Result>) {
  const client = useQueryClient();
  return useMutation({ mutationFn: change, onSuccess: () => client.invalidateQueries({ queryKey: ["keys"] }) });
}

type CreateKey = Parameters<typeof createKey>[0];

const createKey = (body: {
  tenantId: string;
  name: string;
  scopes: KeyView["scopes"];
  environment: KeyView["environment"];
  expiresAt?: string;
  defaultType?: string;
}): Promise<NewKey> => ok(api.POST("/v1/admin/keys", { body }));

export const useCreateKey = () => useChange<CreateKey, NewKey>(createKey);

export const useRotateKey = () =>
  useChange<{ id: string; overlapSeconds: number }, NewKey>(({ id, overlapSeconds }) =>
    ok(api.POST("/v1/admin/keys/{id}/rotate", { params: { path: { id } }, body: { overlapSeconds } })),
  );

export const useRevokeKey = () => useChange((id: string) => ok(api.DELETE("/v1/admin/keys/{id}", { params: { path: { id } } })));
