import { type ReplayDiff, type ReplayOutcomeName, type ReplayView, reasonHelp, replayOutcomes } from "@streamforge/shared";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { parseExact } from "../../lib/exact-json.js";
import { formatCount } from "../../lib/format.js";
import { Badge } from "../../ui/badge.js";
import { cn } from "../../ui/cn.js";
import { CodeBlock } from "../../ui/code-block.js";
import { DiffView } from "../../ui/diff-view.js";
import { outcomeWords } from "./words.js";

/** How many came out how; what did not happen is left out. */
export function Outcomes({ replay }: { replay: Pick<ReplayView, "outcomes" | "mode"> }) {
  const happened = replayOutcomes.filter((name) => (replay.outcomes[name] ?? 0) > 0);
  if (happened.length === 0) return <p className="text-[13px] text-ink-2">Nothing is decided yet.</p>;
  return (
    <ul aria-label="Outcomes" className="grid gap-2 sm:grid-cols-2">
      {happened.map((name) => {
        const { title, would, about, tone } = outcomeWords[name];
        return (
          <li key={name} className="flex items-baseline gap-3 rounded-md border border-line px-3 py-2">
            <span
              data-testid={`outcome-${name}`}
              className={cn("text-lg font-semibold", tone === "good" ? "text-good" : tone === "bad" ? "text-bad" : "text-ink")}
            >
              {formatCount(replay.outcomes[name] ?? 0)}
            </span>
            <span className="min-w-0">
              <span className="block text-[13px] font-medium">{replay.mode === "dry-run" ? would : title}</span>
              {replay.mode !== "dry-run" && <span className="block text-xs text-ink-3">{about}</span>}
            </span>
          </li>
        );
      })}
    </ul>
  );
}

/** The first letters of a dry run: what the patch does to each, and what would come of it. */
export function Diffs({ diffs, patched }: { diffs: ReplayDiff[]; patched: boolean }) {
  return (
    <ol className="flex flex-col gap-3">
      {diffs.map((diff) => (
        <li key={diff.letterId} className="min-w-0">
          <p className="mb-1 flex flex-wrap items-center gap-2 text-xs">
            <Would outcome={diff.would} />
            <span className="min-w-0 truncate font-mono">{diff.eventId}</span>
          </p>
          {diff.message && <p className="mb-1 text-xs text-bad">{diff.message}</p>}
          {patched && <Change diff={diff} />}
        </li>
      ))}
    </ol>
  );
}

function Would({ outcome }: { outcome: ReplayOutcomeName }) {
  const { would, tone } = outcomeWords[outcome];
  return <Badge tone={tone}>{would}</Badge>;
}

function Change({ diff: { before, after, eventId } }: { diff: ReplayDiff }) {
  const values = useMemo(() => {
    try {
      return [parseExact(before), parseExact(after)] as const;
    } catch {
      // Long events are cut off.
      return null;
    }
  }, [before, after]);
  if (!values) return <CodeBlock label="Copy event" code={after} />;
  return <DiffView before={values[0]} after={values[1]} label={`What changes in ${eventId}`} />;
}

/**
 * What failed and why, the first of them; each leads to its letter.
 * @param linked `false` in a window that a link would leave behind
 */
export function Failures({ replay, shown = 20, linked = true }: { replay: ReplayView; shown?: number; linked?: boolean }) {
  const { failures = [], codes = {} } = replay.report;
  if (failures.length === 0) return null;
  return (
    <>
      <ul className="mb-2 flex flex-wrap gap-2">
        {Object.entries(codes).map(([code, count]) => (
          <li key={code}>
            <Badge tone="bad">
              {formatCount(count)}{" "}
              {reasonHelp[code as keyof typeof reasonHelp]?.title ?? (code === "PATCH_FAILED" ? "Patch does not apply" : code)}
            </Badge>
          </li>
        ))}
      </ul>
      <ul className="divide-y divide-line rounded-md border border-line">
        {failures.slice(0, shown).map(({ id, eventId, message }) => (
          <li key={id} className="px-3 py-2 text-[13px]">
            {!linked ? (
              <span className="font-mono text-xs font-medium break-all">{eventId}</span>
            ) : replay.source === "DLQ" ? (
              <Link
                to="/dead-letters/$letterId"
                params={{ letterId: id }}
                search={{ tenant: replay.tenantId }}
                className="font-mono text-xs font-medium break-all text-brand hover:underline"
              >
                {eventId}
              </Link>
            ) : (
              <Link
                to="/events/$eventId"
                params={{ eventId }}
                search={{ tenant: replay.tenantId }}
                className="font-mono text-xs font-medium break-all text-brand hover:underline"
              >
                {eventId}
              </Link>
            )}
            <p className="text-xs text-ink-2 wrap-anywhere">{message}</p>
          </li>
        ))}
      </ul>
    </>
  );
}
