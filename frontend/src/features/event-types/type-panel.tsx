import type { EventTypeDetail } from "@streamforge/shared";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useMay } from "../../app/permissions.js";
import { Badge } from "../../ui/badge.js";
import { Button } from "../../ui/button.js";
import { JsonView } from "../../ui/json-view.js";
import { SidePanel } from "../../ui/side-panel.js";
import { Skeleton } from "../../ui/skeleton.js";
import { Failed } from "../../ui/states.js";
import { typeQuery } from "./queries.js";
import { RetireType } from "./retire-type.js";
import { Versions } from "./versions.js";

interface TypePanelProps {
  tenantId: string;
  type: string;
  onClose: () => void;
  onNewVersion: (of: EventTypeDetail) => void;
}

/** One event type beside the list: the schema in force, its versions, and what can be done. */
export function TypePanel({ tenantId, type, onClose, onNewVersion }: TypePanelProps) {
  const { data, error, refetch } = useQuery(typeQuery(tenantId, type));
  return (
    <SidePanel
      label={`Event type ${type}`}
      onClose={onClose}
      title={
        <div className="flex items-center gap-2">
          <h2 className="truncate text-[15px] font-semibold">{type}</h2>
          {data && (data.active === null ? <Badge>Retired</Badge> : <Badge tone="good">Version {data.active} in force</Badge>)}
        </div>
      }
    >
      {data ? (
        <Details of={data} onNewVersion={onNewVersion} />
      ) : error ? (
        <Failed error={error} onRetry={() => void refetch()} />
      ) : (
        <Skeleton className="h-96 w-full" />
      )}
    </SidePanel>
  );
}

function Details({ of, onNewVersion }: { of: EventTypeDetail } & Pick<TypePanelProps, "onNewVersion">) {
  const may = useMay();
  const [retiring, setRetiring] = useState(false);
  const { tenantId, type, active, description, schema } = of;
  return (
    <div className="flex flex-col gap-5">
      <div className="flex flex-col gap-1 text-[13px]">
        {description && <p>{description}</p>}
        <p className="text-ink-2">
          Of {tenantId}.{" "}
          <Link to="/events" search={{ tenant: tenantId, type } as object} className="text-brand underline-offset-4 hover:underline">
            Its stored events
          </Link>
        </p>
      </div>
      <div className="flex flex-wrap gap-2 empty:hidden">
        {may("POST /v1/admin/event-types") && (
          <Button size="sm" onClick={() => onNewVersion(of)}>
            New version …
          </Button>
        )}
        {may("DELETE /v1/admin/event-types/{type}") && active !== null && (
          <Button size="sm" onClick={() => setRetiring(true)}>
            Retire …
          </Button>
        )}
      </div>
      {schema ? (
        <JsonView label={`Schema, version ${active}`} value={schema} />
      ) : (
        <p className="rounded-md bg-raised px-3 py-2 text-[13px] text-ink-2">
          All versions are retired: to {tenantId} this type is unknown.
        </p>
      )}
      <Versions of={of} />
      {retiring && <RetireType of={of} onClose={() => setRetiring(false)} />}
    </div>
  );
}
