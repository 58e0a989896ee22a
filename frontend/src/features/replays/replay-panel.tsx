import type { ReplayView } from "@streamforge/shared";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useMay } from "../../app/permissions.js";
import { failureOf } from "../../lib/failure.js";
import { formatCount, formatDuration, formatRate, plural } from "../../lib/format.js";
import { serverNow } from "../../lib/tick.js";
import { CodeBlock } from "../../ui/code-block.js";
import { FactList, idFact } from "../../ui/fact-list.js";
import { Section } from "../../ui/section.js";
import { SidePanel } from "../../ui/side-panel.js";
import { Skeleton } from "../../ui/skeleton.js";
import { Empty, Failed } from "../../ui/states.js";
import { At } from "../../ui/time.js";
import { JobCommands } from "../jobs/commands.js";
import { JobState } from "../jobs/job-state.js";
import { isMoving } from "../jobs/queries.js";
import { lettersOf } from "./letters-of.js";
import { ProgressBar } from "./progress.js";
import { replayQuery, useReplayCommand } from "./queries.js";
import { Diffs, Failures, Outcomes } from "./report.js";
import { kindWords, progressWords, selectionWords, statusHelp } from "./words.js";

const route = getRouteApi("/replays/$replayId");

/** One replay beside the list: how far it is, what came of it, and what can be done about it. */
export function ReplayPanel() {
  const { replayId } = route.useParams();
  const navigate = useNavigate();
  const { data: replay, error, refetch } = useQuery(replayQuery(replayId));
  useLettersFollow(replay);
  return (
    <SidePanel
      label={`Replay ${replayId}`}
      onClose={() => void navigate({ to: "/replays", search: (previous) => previous })}
      title={
        <div className="flex items-center gap-2">
          <h2 className="truncate text-[15px] font-semibold">{replay ? kindWords(replay) : "Replay"}</h2>
          {replay && <JobState job={replay} />}
        </div>
      }
    >
      {replay ? (
        <Details key={replay.id} replay={replay} />
      ) : failureOf(error).status === 404 ? (
        <Empty title="There is no such replay">Is another tenant chosen at the top?</Empty>
      ) : error ? (
        <Failed error={error} onRetry={() => void refetch()} />
      ) : (
        <Skeleton className="h-56 w-full" />
      )}
    </SidePanel>
  );
}

/** The lists of dead letters are others when a replay has ended, and when one was looked at that has. */
function useLettersFollow(replay: ReplayView | undefined) {
  const client = useQueryClient();
  const moves = replay && isMoving(replay);
  useEffect(() => {
    if (moves === false) void client.invalidateQueries({ queryKey: ["dlq"] });
  }, [client, moves]);
}

function Details({ replay }: { replay: ReplayView }) {
  const { message, status, report, mode, patch, outcomes } = replay;
  const help = statusHelp[status];
  return (
    <div className="flex flex-col gap-5">
      <section aria-label="Progress" className="flex flex-col gap-2">
        <div className="flex flex-wrap items-baseline justify-between gap-2">
          <p className="text-[15px] font-semibold" data-testid="replay-progress">
            {progressWords(replay)}
          </p>
          <Speed replay={replay} />
        </div>
        <ProgressBar replay={replay} />
        {(message || help) && (
          <div className={message ? "rounded-md bg-raised px-3 py-2 text-[13px]" : "text-[13px] text-ink-2"}>
            {message && <p className="font-medium wrap-anywhere">{message}</p>}
            {!message && <p>{help}</p>}
          </div>
        )}
        <Commands replay={replay} />
      </section>
      <Section title={mode === "dry-run" ? "What would come of it" : "What came of it"}>
        <Outcomes replay={replay} />
        {mode === "dry-run" && (outcomes.stored ?? 0) > 0 && (
          <p className="mt-2 text-xs text-ink-3">A dry run changes nothing. What would be stored may still meet an error of the storage.</p>
        )}
      </Section>
      {(report.failures?.length ?? 0) > 0 && (
        <Section title={mode === "dry-run" ? "What would fail" : "What failed"}>
          <Failures replay={replay} />
        </Section>
      )}
      {report.diffs && report.diffs.length > 0 && patch && (
        <Section title={`The first ${plural(report.diffs.length, "change")}`}>
          <Diffs diffs={report.diffs} patched />
        </Section>
      )}
      {patch && (
        <Section title="Patch">
          <CodeBlock label="Copy patch" code={JSON.stringify(patch, null, 2)} />
        </Section>
      )}
      <Facts replay={replay} />
    </div>
  );
}

/** How fast it goes: of late while it runs, on average when it has ended. */
function Speed({ replay }: { replay: ReplayView }) {
  const { processed, selected, limit, ratePerSecond, startedAt, finishedAt, status } = replay;
  const perSecond = useRecentRate(processed, status === "running");
  if (!startedAt) return <p className="text-xs text-ink-3">not begun · at most {formatCount(ratePerSecond)} a second</p>;
  if (status === "running") {
    const left = Math.max(0, Math.min(selected, limit ?? selected) - processed);
    const eta = perSecond !== null && perSecond > 0 && left > 0 ? ` · ${formatDuration(left / perSecond)} to go` : "";
    return (
      <p className="text-xs text-ink-3">
        {perSecond === null ? "…" : formatRate(perSecond)} a second of at most {formatCount(ratePerSecond)}
        {eta}
      </p>
    );
  }
  const seconds = ((finishedAt ? Date.parse(finishedAt) : serverNow()) - Date.parse(startedAt)) / 1000;
  return (
    <p className="text-xs text-ink-3">
      {finishedAt ? `took ${formatDuration(Math.max(0, seconds))}` : `at most ${formatCount(ratePerSecond)} a second`}
    </p>
  );
}

const WINDOW_MS = 5000;

/** Progress a second over the last answers; null while there is one alone. */
function useRecentRate(processed: number, running: boolean): number | null {
  const samples = useRef<{ atMs: number; processed: number }[]>([]);
  if (!running) samples.current = [];
  else {
    const now = performance.now();
    const kept = samples.current.filter(({ atMs }) => now - atMs <= WINDOW_MS);
    const last = kept.at(-1);
    // Rendered again for other reasons: no new answer.
    if (!last || last.processed !== processed || now - last.atMs > 900) kept.push({ atMs: now, processed });
    samples.current = kept;
  }
  const [first, last] = [samples.current[0], samples.current.at(-1)];
  if (!first || !last || last.atMs - first.atMs < 500) return null;
  return ((last.processed - first.processed) / (last.atMs - first.atMs)) * 1000;
}

function Commands({ replay: { id, status, selected, processed } }: { replay: ReplayView }) {
  const may = useMay();
  const command = useReplayCommand(id);
  if (!may("POST /v1/admin/replay/{id}/cancel")) return null;
  return (
    <JobCommands status={status} what="replay" action="Cancel replay" command={command}>
      What it has stored stays stored ({formatCount(processed)} of {formatCount(selected)} are decided); letters that were not reached are
      open again, and can be taken by another replay.
    </JobCommands>
  );
}

function Facts({ replay }: { replay: ReplayView }) {
  const { id, tenantId, createdBy, createdAt, startedAt, finishedAt, limit, source } = replay;
  const letters = lettersOf(replay);
  const of =
    source === "DLQ" && letters ? (
      <Link {...letters} className="font-medium text-brand hover:underline">
        {selectionWords(replay)}
      </Link>
    ) : (
      selectionWords(replay)
    );
  return (
    <Section title="About">
      <FactList
        facts={[
          { label: "Of", value: of },
          { label: "Tenant", value: tenantId },
          { label: "Begun by", value: createdBy.name },
          { label: "Made", value: <At at={createdAt} /> },
          { label: "Started", value: startedAt && <At at={startedAt} /> },
          { label: "Ended", value: finishedAt && <At at={finishedAt} /> },
          { label: "At most", value: limit !== null && plural(limit, source === "DLQ" ? "letter" : "event") },
          idFact("Id", id),
        ]}
      />
    </Section>
  );
}
