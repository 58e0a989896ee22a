import type { AuditItem } from "@streamforge/shared";
import { DiffView } from "../../ui/diff-view.js";
import { FactList, idFact } from "../../ui/fact-list.js";
import { JsonView } from "../../ui/json-view.js";
import { SidePanel } from "../../ui/side-panel.js";
import { Skeleton } from "../../ui/skeleton.js";
import { Empty } from "../../ui/states.js";
import { Ago, At } from "../../ui/time.js";
import { actionWords, actorWords, targetWords } from "./words.js";

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
  const target = targetWords(item);
  const when = (
    <>
      <At at={at} />{" "}
      <span className="text-ink-3">
        (<Ago at={at} />)
      </span>
    </>
  );
  const who = (
    <>
      {actor.name} <span className="text-ink-3">({actorWords(actor.kind)})</span>
    </>
  );
  return (
    <div className="flex flex-col gap-5">
      <FactList
        facts={[
          { label: "When", value: when },
          { label: "Who", value: who, copy: actor.id },
          { label: "Action", value: <code className="font-mono text-xs">{action}</code> },
          { label: "Target", value: target !== targetId && target },
          idFact("Target id", targetId),
          { label: "Tenant", value: tenantId },
          idFact("Correlation id", correlationId ?? undefined),
        ]}
      />
      <Changes before={item.before} after={item.after} />
    </div>
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
