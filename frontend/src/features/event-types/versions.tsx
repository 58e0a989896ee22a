import type { EventTypeDetail } from "@streamforge/shared";
import { useState } from "react";
import { useMay } from "../../app/permissions.js";
import { toast } from "../../lib/toasts.js";
import { Badge } from "../../ui/badge.js";
import { Button } from "../../ui/button.js";
import { Confirm } from "../../ui/confirm.js";
import { DiffView } from "../../ui/diff-view.js";
import { Select } from "../../ui/form.js";
import { Ago } from "../../ui/time.js";
import { makeCount, useChangeTypes } from "./queries.js";

/** What a type looked like before, and how two versions differ. */
export function Versions({ of }: { of: EventTypeDetail }) {
  const may = useMay();
  const [chosen, setChosen] = useState<number | null>(null);
  const { active, versions } = of;
  return (
    <section aria-label="Versions" className="flex flex-col gap-3">
      <h3 className="text-xs font-medium text-ink-3">Versions</h3>
      <ul className="-mt-1 divide-y divide-line">
        {versions.map(({ version, description, createdBy, createdAt, retiredAt }) => (
          <li key={version} className="flex items-center gap-3 py-2 text-[13px]">
            <div className="min-w-0 flex-1">
              <p className="flex flex-wrap items-center gap-2 font-medium">
                Version {version}
                {version === active ? <Badge tone="good">In force</Badge> : retiredAt ? <Badge>Retired</Badge> : <Badge>Older</Badge>}
              </p>
              <p className="text-xs text-ink-3 wrap-anywhere">
                {description && `${description} · `}
                {createdBy}, <Ago at={createdAt} />
                {retiredAt && (
                  <>
                    {" "}
                    · retired <Ago at={retiredAt} />
                  </>
                )}
              </p>
            </div>
            {version !== active && may("PATCH /v1/admin/event-types/{type}") && (
              <Button size="sm" onClick={() => setChosen(version)}>
                Put version {version} in force …
              </Button>
            )}
          </li>
        ))}
      </ul>
      {versions.length > 1 && <Comparison of={of} />}
      {chosen !== null && <MakeCount of={of} version={chosen} onClose={() => setChosen(null)} />}
    </section>
  );
}

function Comparison({ of: { versions } }: { of: EventTypeDetail }) {
  const newest = versions[0]?.version ?? 1;
  const [pair, setPair] = useState({ from: versions[1]?.version ?? newest, to: newest });
  const schemaOf = (version: number) => versions.find((one) => one.version === version)?.schema;
  const options = versions.map(({ version }) => (
    <option key={version} value={version}>
      Version {version}
    </option>
  ));
  return (
    <div className="flex flex-col gap-2">
      <div className="grid grid-cols-2 gap-3">
        <Select label="Compare" value={pair.from} onChange={(event) => setPair({ ...pair, from: Number(event.target.value) })}>
          {options}
        </Select>
        <Select label="with" value={pair.to} onChange={(event) => setPair({ ...pair, to: Number(event.target.value) })}>
          {options}
        </Select>
      </div>
      <DiffView label={`Version ${pair.from} and version ${pair.to}`} before={schemaOf(pair.from)} after={schemaOf(pair.to)} />
    </div>
  );
}

function MakeCount({ of: { tenantId, type, versions }, version, onClose }: { of: EventTypeDetail; version: number; onClose: () => void }) {
  const change = useChangeTypes(makeCount);
  const newer = versions.filter((one) => one.version > version && one.retiredAt === null).map((one) => one.version);
  const confirm = async () => {
    await change.mutateAsync({ tenantId, type, version });
    toast(`Version ${version} of ${type} is in force everywhere within a second.`, "good");
  };
  return (
    <Confirm
      open
      onClose={onClose}
      title={`Put version ${version} of ${type} in force?`}
      action={`Put version ${version} in force`}
      onConfirm={confirm}
    >
      <p>
        Events are held against it from the next second on; those that do not fit become dead letters.
        {newer.length > 0 && ` ${newer.length === 1 ? `Version ${newer[0]} is` : `Versions ${newer.join(", ")} are`} retired.`}
      </p>
    </Confirm>
  );
}
