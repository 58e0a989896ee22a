import { useQuery } from "@tanstack/react-query";
import { api, ok } from "../api/client.js";

const useMe = () => useQuery({ queryKey: ["me"], queryFn: () => ok(api.GET("/v1/me")), staleTime: 60_000 });

/**
 * What the signed-in person may do, by the API's own words (`GET /v1/me`), so that no button is shown that would answer 403:
 * `const may = useMay(); may("DELETE /v1/admin/keys/{id}")`. Nothing while it is not known.
 */
export function useMay(): (operation: string) => boolean {
  const allowed = useMe().data?.may;
  return (operation) => allowed?.includes(operation) ?? false;
}

/** Whether the signed-in person may do this; undefined while it is not known, for pages that say no rather than leave out. */
export const useAllowed = (operation: string): boolean | undefined => useMe().data?.may.includes(operation);
