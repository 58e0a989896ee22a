import type { Alarm } from "@streamforge/shared";
import { lazy, Suspense, useState } from "react";
import { useMay } from "../../app/permissions.js";
import { plural } from "../../lib/format.js";
import { Button } from "../../ui/button.js";
import { Dialog } from "../../ui/dialog.js";
import { CriticalIcon } from "../../ui/icons.js";
import { Ago } from "../../ui/time.js";
import { AlarmFacts } from "./alarm-facts.js";
import { useAlarms } from "./queries.js";
import { alarmTitle, alarmWords, timesInZone } from "./words.js";

// The form and its schemas come when somebody wants it.
const Acknowledge = lazy(() => import("./acknowledge.js").then((file) => ({ default: file.Acknowledge })));

/** Losses that nobody has acknowledged stand above everything else; those that are known are behind a line. */
export function Alarms() {
  const may = useMay();
  const alarms = useAlarms();
  const [asking, setAsking] = useState<Alarm | null>(null);
  const [reading, setReading] = useState(false);
  const fresh = alarms.data?.filter(({ acknowledged }) => !acknowledged) ?? [];
  const known = alarms.data?.filter(({ acknowledged }) => acknowledged) ?? [];
  return (
    <>
      {fresh.map((alarm) => (
        <FreshAlarm
          key={alarm.id}
          alarm={alarm}
          onAcknowledge={may("POST /v1/admin/ledger/alarms/{id}/acknowledge") ? () => setAsking(alarm) : undefined}
        />
      ))}
      {known.length > 0 && (
        <p className="text-[13px] text-ink-2">
          {plural(known.length, "earlier alarm")} {known.length === 1 ? "is" : "are"} acknowledged, the last{" "}
          <Ago at={known[0]?.noticedAt} />.{" "}
          <button type="button" onClick={() => setReading(true)} className="cursor-pointer text-brand underline-offset-4 hover:underline">
            Read {known.length === 1 ? "it" : "them"}
          </button>
        </p>
      )}
      <Suspense>{asking && <Acknowledge alarm={asking} onClose={() => setAsking(null)} />}</Suspense>
      <Dialog
        open={reading}
        onClose={() => setReading(false)}
        wide
        title="Acknowledged alarms"
        description="Kept for ever, the newest first."
      >
        <div className="flex flex-col gap-6">
          {known.map((alarm) => (
            <section key={alarm.id} aria-label={alarmWords[alarm.kind]}>
              <h3 className="text-[13px] font-semibold">{alarmTitle(alarm)}</h3>
              <p className="mt-0.5 mb-2 text-[13px] text-ink-2">{timesInZone(alarm.sentence)}</p>
              <AlarmFacts alarm={alarm} />
            </section>
          ))}
        </div>
      </Dialog>
    </>
  );
}

function FreshAlarm({ alarm, onAcknowledge }: { alarm: Alarm; onAcknowledge?: () => void }) {
  const [more, setMore] = useState(false);
  return (
    <section
      role="alert"
      data-testid="alarm"
      aria-label={alarmWords[alarm.kind]}
      className="shrink-0 rounded-lg border border-bad bg-bad-soft px-4 py-3.5"
    >
      <div className="flex flex-wrap items-start gap-x-6 gap-y-3">
        <div className="flex min-w-0 flex-1 basis-72 items-start gap-3">
          <CriticalIcon className="mt-0.5 size-5 shrink-0 text-bad" />
          <div className="min-w-0 text-[13px]">
            <h2 className="text-[15px] font-semibold">{alarmTitle(alarm)}</h2>
            <p className="mt-0.5">{timesInZone(alarm.sentence)}</p>
            <p className="mt-1.5">{alarm.action}</p>
          </div>
        </div>
        <div className="flex flex-wrap gap-2">
          <Button size="sm" aria-expanded={more} onClick={() => setMore(!more)}>
            {more ? "Less" : "How the bound is made"}
          </Button>
          {onAcknowledge && (
            <Button size="sm" variant="danger" onClick={onAcknowledge}>
              Acknowledge …
            </Button>
          )}
        </div>
      </div>
      {more && (
        <div className="mt-3 rounded-md bg-surface px-3 py-1">
          <AlarmFacts alarm={alarm} />
        </div>
      )}
    </section>
  );
}
