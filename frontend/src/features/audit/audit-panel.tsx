import type { AuditItem } from "@streamforge/shared";
import type { ReactNode } from "react";
import { CopyButton } from "../../ui/copy-button.js";
import { DiffView } from "../../ui/diff-view.js";
import { JsonView } from "../../ui/json-view.js";
import { SidePanel } from "../../ui/side-panel.js";
import { Skeleton } from "../../ui/skeleton.js";
import { Empty } from "../../ui/states.js";
import { Ago, At } from "../../ui/time.js";
import { actionWords, actorWords } from "./words.js";

interface AuditPanelProps {
  /** undefined: not among the entries that are loaded. */
  item: AuditItem | undefined;
  loading: boolean;
  onClose: () => void;
}

/** One entry beside the list: who, what, when, and what it changed. */
export function AuditPanel({ item, loading, onClose }: AuditPanelProps) {
  const title = item ? actionWords(item.action) : "Audit entry";
  return (
    <SidePanel label={title} onClose={onClose} title={<h2 className="truncate text-[15px] font-semibold">{title}</h2>}>
      {item ? (
        <Details item={item} />
      ) : loading ? (
        <Skeleton className="h-56 w-full" />
      ) : (
        <Empty title="This entry is not in the list">
          Other filters or another tenant are chosen than when the link was made, or it is further down.
        </Empty>
      )}
    </SidePanel>
  );
}

function Details({ item }: { item: AuditItem }) {
  const { at, actor, action, targetId, tenantId, correlationId } = item;
  return (
    <div className="flex flex-col gap-5">
      <dl className="grid grid-cols-[minmax(6rem,auto)_1fr] gap-x-4 text-[13px]">
        <Fact label="When">
          <At at={at} /> <span className="text-ink-3">(</span>
          <Ago at={at} />
          <span className="text-ink-3">)</span>
        </Fact>
        <Fact label="Who" copy={actor.id}>
          {actor.name} <span className="text-ink-3">({actorWords(actor.kind)})</span>
        </Fact>
        <Fact label="Action">
          <code className="font-mono text-xs">{action}</code>
        </Fact>
        <Fact label="Target" copy={targetId}>
          <code className="font-mono text-xs">{targetId}</code>
        </Fact>
        {tenantId && <Fact label="Tenant">{tenantId}</Fact>}
        {correlationId && (
          <Fact label="Correlation id" copy={correlationId}>
            <code className="font-mono text-xs">{correlationId}</code>
          </Fact>
        )}
      </dl>
      <Changes before={item.before} after={item.after} />
    </div>
  );
}

function Fact({ label, copy, children }: { label: string; copy?: string; children: ReactNode }) {
  return (
    <>
      <dt className="flex min-h-7 items-center text-ink-3">{label}</dt>
      <dd className="flex min-h-7 min-w-0 items-center gap-1">
        <span className="min-w-0 wrap-anywhere">{children}</span>
        {copy && <CopyButton text={copy} label={`Copy ${label.toLowerCase()}`} />}
      </dd>
    </>
  );
}

/** What was there and what is there now; of what is new or gone, the whole. */
function Changes({ before, after }: Pick<AuditItem, "before" | "after">) {
  const was = before ?? undefined;
  const is = after ?? undefined;
  if (was === undefined && is === undefined) return <p className="text-[13px] text-ink-2">The action itself is all there is to know.</p>;
  if (was === undefined) return <JsonView label="Noted" value={is} />;
  if (is === undefined) return <JsonView label="Before" value={was} />;
  return (
    <section aria-label="What changed">
      <h3 className="mb-2 text-xs font-medium text-ink-3">What changed</h3>
      <DiffView label="Before and after" before={was} after={is} />
    </section>
  );
}
