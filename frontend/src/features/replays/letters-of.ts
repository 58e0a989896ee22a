import type { ReplayView } from "@streamforge/shared";
import { linkOptions } from "@tanstack/react-router";

/** Where the letters of a replay are listed: the one it was about, or by what selected them; undefined when they were chosen by hand. */
export function lettersOf({ selector, tenantId }: Pick<ReplayView, "selector" | "tenantId">) {
  const { ids, fingerprint, reasonCode, ...rest } = selector as Record<string, string | string[] | undefined>;
  if (Array.isArray(ids)) {
    const [letterId] = ids;
    if (!letterId || ids.length > 1) return undefined;
    return linkOptions({ to: "/dead-letters/$letterId", params: { letterId }, search: { tenant: tenantId } });
  }
  const { type, source, q, from, to } = rest;
  const reason = Array.isArray(reasonCode) ? undefined : reasonCode;
  const search = { tenant: tenantId, view: "list", status: "any", cause: fingerprint, reason, type, source, q, from, to };
  return linkOptions({ to: "/dead-letters", search });
}
