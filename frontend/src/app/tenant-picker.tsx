import { Button } from "../ui/button.js";
import { BuildingIcon, ChevronIcon } from "../ui/icons.js";
import { Menu, MenuChoice, MenuLabel, MenuSeparator } from "../ui/menu.js";
import { useChooseTenant, useTenant, useTenants } from "./tenant.js";

/** All tenants, or one; in the URL as `?tenant=`, so that a link shows what its sender saw. */
export function TenantPicker() {
  const tenant = useTenant();
  const choose = useChooseTenant();
  const { tenants, known } = useTenants();
  const listed = tenant === undefined || tenants.some(({ tenantId }) => tenantId === tenant);
  return (
    <Menu
      align="start"
      trigger={
        <Button size="sm" className="max-w-40 min-w-0 shrink gap-1.5 sm:max-w-64">
          <BuildingIcon className="size-3.5 shrink-0 text-ink-3" />
          <span className="sr-only">Tenant:</span>
          <span className="truncate">{tenant ?? "All tenants"}</span>
          <ChevronIcon className="size-3.5 shrink-0 text-ink-3" />
        </Button>
      }
    >
      <MenuChoice chosen={tenant === undefined} onClick={() => choose(undefined)}>
        All tenants
      </MenuChoice>
      <MenuSeparator />
      {known && tenants.length === 0 && <MenuLabel>There is no tenant yet</MenuLabel>}
      {(listed ? tenants : [{ tenantId: tenant }, ...tenants]).map(({ tenantId, ...more }) => (
        <MenuChoice key={tenantId} chosen={tenantId === tenant} onClick={() => choose(tenantId)}>
          <span className="min-w-0">
            <span className="block truncate">{tenantId}</span>
            {"name" in more && more.name !== tenantId && <span className="block truncate text-xs text-ink-3">{more.name}</span>}
          </span>
        </MenuChoice>
      ))}
    </Menu>
  );
}
