import type { EventTypeDetail } from "@streamforge/shared";
import { useState } from "react";
import { toast } from "../../lib/toasts.js";
import { Confirm } from "../../ui/confirm.js";
import { Select } from "../../ui/form.js";
import { retireType, useChangeTypes } from "./queries.js";

/** Asks before a version, or the type as a whole, stops counting. */
export function RetireType({ of: { tenantId, type, active, versions }, onClose }: { of: EventTypeDetail; onClose: () => void }) {
  const retire = useChangeTypes(retireType);
  const inForce = versions.filter(({ retiredAt }) => retiredAt === null);
  const [version, setVersion] = useState<number | undefined>(undefined);
  const left = inForce.filter((one) => version !== undefined && one.version !== version)[0]?.version;
  const confirm = async () => {
    const { meaning } = await retire.mutateAsync({ tenantId, type, version });
    toast(meaning, "good");
  };
  return (
    <Confirm
      open
      onClose={onClose}
      title={`Retire ${type}?`}
      action={version ? `Retire version ${version}` : "Retire the type"}
      onConfirm={confirm}
    >
      {inForce.length > 1 && (
        <Select
          label="What"
          value={version ?? ""}
          onChange={(event) => setVersion(event.target.value ? Number(event.target.value) : undefined)}
        >
          <option value="">All versions</option>
          {inForce.map((one) => (
            <option key={one.version} value={one.version}>
              Version {one.version} alone{one.version === active ? " (in force)" : ""}
            </option>
          ))}
        </Select>
      )}
      <p>
        {left === undefined
          ? `From the next second on ${type} is a type that ${tenantId} does not know. While other types are registered there, its events become dead letters (UNKNOWN_TYPE); if this was the last one, events of every type are stored unchecked.`
          : version === active
            ? `Version ${left} is in force from the next second on: events that only version ${version} allows become dead letters.`
            : `Nothing changes for events: version ${active} stays in force.`}
      </p>
      <p>Producers are not told; they are answered 202 as before. What is stored stays. A retired version can be put in force again.</p>
    </Confirm>
  );
}
