import type { Settings } from "@streamforge/shared";
import { useChangeSettings, useSettings } from "../../app/settings.js";
import { useTenants } from "../../app/tenant.js";
import type { ThemeChoice } from "../../app/theme.js";
import { formatDuration } from "../../lib/format.js";
import { serverNow } from "../../lib/tick.js";
import { formatFull, useZone } from "../../lib/zone.js";
import { Card } from "../../ui/card.js";
import { Select } from "../../ui/form.js";
import { Segmented } from "../../ui/segmented.js";
import { Skeleton } from "../../ui/skeleton.js";
import { Failed } from "../../ui/states.js";

const themes: { value: ThemeChoice; label: string }[] = [
  { value: "system", label: "System" },
  { value: "light", label: "Light" },
  { value: "dark", label: "Dark" },
];
const refreshes = [1, 2, 5, 10, 30, 60, 300];
const zones = ["UTC", ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC")];
const ownZone = new Intl.DateTimeFormat().resolvedOptions().timeZone;

/** How pages look; each choice acts and is kept at once. */
export function ChoicesCard() {
  const settings = useSettings();
  return (
    <Card title="Appearance and time">
      {settings.data ? (
        <Choices settings={settings.data} />
      ) : settings.error ? (
        <Failed error={settings.error} onRetry={() => void settings.refetch()} />
      ) : (
        <Skeleton className="h-72 w-full" />
      )}
    </Card>
  );
}

function Choices({ settings }: { settings: Settings }) {
  const change = useChangeSettings();
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-col items-start gap-1">
        <span className="text-[13px] font-medium text-ink-2">Colours</span>
        <Segmented label="Colours" value={settings.theme} options={themes} onChange={(theme) => change({ theme })} />
      </div>
      <ZoneChoice zone={settings.timeZone} onChange={(timeZone) => change({ timeZone })} />
      <TenantChoice tenant={settings.defaultTenantId} onChange={(defaultTenantId) => change({ defaultTenantId })} />
      <Select
        label="Refresh pages every"
        hint="Ledger, event types and sessions. The live page follows once a second in any case."
        value={settings.refreshSeconds}
        onChange={(event) => change({ refreshSeconds: Number(event.target.value) })}
      >
        {[...new Set([...refreshes, settings.refreshSeconds])]
          .sort((a, b) => a - b)
          .map((seconds) => (
            <option key={seconds} value={seconds}>
              {formatDuration(seconds)}
            </option>
          ))}
      </Select>
    </div>
  );
}

function ZoneChoice({ zone, onChange }: { zone: string; onChange: (zone: string) => void }) {
  // Again when the zone changes: the hint shows the time in it.
  useZone();
  const listed = zone === "browser" || zones.includes(zone);
  return (
    <Select
      label="Time zone"
      hint={
        <span data-testid="zone-now">Now it is {formatFull(serverNow()).replace(/\.\d+/, "")}. Every time on every page is shown so.</span>
      }
      value={zone}
      onChange={(event) => onChange(event.target.value)}
    >
      <option value="browser">The browser's ({ownZone})</option>
      {(listed ? zones : [zone, ...zones]).map((name) => (
        <option key={name} value={name}>
          {name.replaceAll("_", " ")}
        </option>
      ))}
    </Select>
  );
}

function TenantChoice({ tenant, onChange }: { tenant: string | null; onChange: (tenant: string | null) => void }) {
  const { tenants } = useTenants();
  const listed = tenant === null || tenants.some(({ tenantId }) => tenantId === tenant);
  return (
    <Select
      label="Default tenant"
      hint="Chosen when you come in; a link that names a tenant goes to that one."
      value={tenant ?? ""}
      onChange={(event) => onChange(event.target.value || null)}
    >
      <option value="">All tenants</option>
      {(listed ? tenants : [{ tenantId: tenant }, ...tenants]).map(({ tenantId }) => (
        <option key={tenantId} value={tenantId}>
          {tenantId}
        </option>
      ))}
    </Select>
  );
}
