import { type ReactNode, useEffect } from "react";
import { Button } from "../ui/button.js";
import { Empty, Failed, LoadingRows } from "../ui/states.js";
import { likelyTenant, useChooseTenant, useTenants } from "./tenant.js";

/** On a page that is about one tenant while none is chosen: takes the likely one, else asks. */
export function TenantNeeded({ children }: { children: ReactNode }) {
  const { tenants, known, error } = useTenants();
  const choose = useChooseTenant();
  const likely = likelyTenant(tenants);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `choose` is another one each time, and chooses the same
  useEffect(() => {
    if (likely) choose(likely, { replace: true });
  }, [likely]);
  if (!known && error) return <Failed error={error} />;
  if (!known || likely) return <LoadingRows />;
  if (tenants.length === 0) return <Empty title="There is no tenant yet">The first event or API key of a tenant makes one.</Empty>;
  return (
    <Empty
      title="Choose a tenant"
      action={
        <div className="flex max-w-lg flex-wrap justify-center gap-2">
          {tenants.map(({ tenantId, name }) => (
            <Button key={tenantId} size="sm" title={name} onClick={() => choose(tenantId)}>
              {tenantId}
            </Button>
          ))}
        </div>
      }
    >
      {children}
    </Empty>
  );
}
