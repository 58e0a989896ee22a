import type { ReactNode } from "react";
import { Page } from "../ui/page.js";
import { PageHeader } from "../ui/page-header.js";
import { LoadingRows, NoPermission } from "../ui/states.js";
import { useAllowed } from "./permissions.js";

/** A page for those who may read it. Others see that without a request that is known to be refused. */
export function Allowed({ to, title, children }: { to: string; title: string; children: ReactNode }) {
  const allowed = useAllowed(to);
  if (allowed) return children;
  return (
    <Page>
      <PageHeader title={title} />
      <div className="rounded-lg border border-line bg-surface">
        {allowed === undefined ? <LoadingRows /> : <NoPermission>{title} can be seen by administrators only.</NoPermission>}
      </div>
    </Page>
  );
}
