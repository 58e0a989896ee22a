import type { RegisteredEventType } from "@streamforge/shared";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useEffect, useRef } from "react";
import { formatCount, formatShare, plural } from "../../lib/format.js";
import { cn } from "../../ui/cn.js";
import { CheckIcon, WarningIcon } from "../../ui/icons.js";

/** What registering would do, before it is done: how many stored events would fail, and what else changes. */
export function CheckResult({ of: { tenantId, type, sample, becomeUnknown, warnings } }: { of: RegisteredEventType }) {
  const { checked, failing, examples } = sample;
  const section = useRef<HTMLElement>(null);
  useEffect(() => {
    // Under a schema of some length it would come up out of sight. In braces: newer browsers return a promise, which React would take for a clean-up.
    section.current?.scrollIntoView({ block: "nearest" });
  }, []);
  // What the figures below say better, with links.
  const other = warnings.filter((warning) => !/stored events of this type do not fit|^becomeUnknown/.test(warning));
  return (
    <section
      ref={section}
      aria-label="What it would do"
      data-testid="check-result"
      className="flex flex-col gap-3 rounded-md bg-raised px-3.5 py-3 text-[13px]"
    >
      <Line good={failing === 0}>
        {checked === 0 ? (
          <>No event of the type {type} is stored yet, so there is nothing to try it against.</>
        ) : failing === 0 ? (
          <>All {formatCount(checked)} stored events that were looked at fit.</>
        ) : (
          <strong className="font-semibold">
            {formatCount(failing)} of {plural(checked, "stored event")} ({formatShare(failing, checked)}) would be dead letters.
          </strong>
        )}
      </Line>
      {examples.length > 0 && (
        <ul className="flex flex-col gap-2 pl-6.5">
          {examples.map(({ eventId, failures }) => (
            <li key={eventId}>
              <Link
                to="/events/$eventId"
                params={{ eventId }}
                search={{ tenant: tenantId }}
                target="_blank"
                className="font-mono text-xs text-brand underline-offset-4 wrap-anywhere hover:underline"
              >
                {eventId}
              </Link>
              {failures.map(({ pointer, detail }) => (
                <p key={`${pointer} ${detail}`} className="text-xs text-ink-2">
                  <code className="font-mono text-ink">{pointer || "/"}</code> {detail}
                </p>
              ))}
            </li>
          ))}
        </ul>
      )}
      {other.map((warning) => (
        <Line key={warning} good={false}>
          {warning}
        </Line>
      ))}
      {becomeUnknown.length > 0 && (
        <div className="pl-6.5">
          <p>Types that {tenantId} sends and nobody has registered; their events would be dead letters from then on:</p>
          <ul className="mt-1 flex flex-wrap gap-x-4 gap-y-0.5">
            {becomeUnknown.map((unknown) => (
              <li key={unknown.type}>
                <span className="font-medium">{unknown.type}</span> <span className="text-ink-3">{plural(unknown.events, "event")}</span>
              </li>
            ))}
          </ul>
        </div>
      )}
    </section>
  );
}

function Line({ good, children }: { good: boolean; children: ReactNode }) {
  const Icon = good ? CheckIcon : WarningIcon;
  return (
    <p className="flex items-start gap-2.5">
      <Icon className={cn("mt-0.5 size-4 shrink-0", good ? "text-good" : "text-warn")} />
      <span className="min-w-0">{children}</span>
    </p>
  );
}
