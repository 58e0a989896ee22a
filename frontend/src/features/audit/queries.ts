import { infiniteQueryOptions } from "@tanstack/react-query";
import { api, ok } from "../../api/client.js";
import { endless } from "../../lib/endless.js";
import { boundsOf } from "../../lib/range.js";
import type { AuditSearch } from "./search.js";

const PAGE = 100;

/** What was done, the latest first. @param tenantId undefined: everywhere, and what concerns no tenant */
export const auditQuery = (tenantId: string | undefined, search: AuditSearch) =>
  infiniteQueryOptions({
    ...endless,
    // Anyone who comes back to the page wants to see what they have just done.
    staleTime: 0,
    queryKey: ["audit", tenantId, search],
    queryFn: ({ pageParam, signal }) => {
      const { action, actor, target } = search;
      const filter = { tenantId, action, actor, targetId: target, ...boundsOf(search, Date.now()) };
      return ok(api.GET("/v1/admin/audit", { params: { query: { ...filter, limit: PAGE, cursor: pageParam } }, signal }));
    },
  });
