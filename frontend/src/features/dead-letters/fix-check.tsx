import type { PatchOperation } from "@streamforge/shared";
import { useQuery } from "@tanstack/react-query";
import { failureText } from "../../lib/failure.js";
import { formatCount } from "../../lib/format.js";
import { Button } from "../../ui/button.js";
import { DialogActions } from "../../ui/dialog.js";
import { FormFailure } from "../../ui/form.js";
import { isMoving } from "../jobs/queries.js";
import { ProgressBar } from "../replays/progress.js";
import { replayQuery } from "../replays/queries.js";
import { Diffs, Failures, Outcomes } from "../replays/report.js";
import { progressWords } from "../replays/words.js";
import { DRY_RUN_LIMIT } from "./queries.js";
import { useRetryAndFollow } from "./retry.js";
import type { Target } from "./selection.js";
import { countWords } from "./words.js";

/** As the worker has it: a replay that mostly fails leaves the rest alone. */
const STOPS_AFTER = 100;

interface FixCheckProps {
  target: Target;
  patch: PatchOperation[];
  dryRunId: string;
  onBack: () => void;
  onClose: () => void;
}

/** What a patch would do, by a dry run on the server; then the replay itself. */
export function FixCheck({ target, patch, dryRunId, onBack, onClose }: FixCheckProps) {
  const dryRun = useQuery(replayQuery(dryRunId));
  const { run, error, isPending } = useRetryAndFollow();
  const job = dryRun.data;
  const ended = job !== undefined && !isMoving(job);
  const failing = job?.outcomes.failed ?? 0;
  // What the dry run counted is better than what the list knew.
  const count = job?.selected !== undefined && job.selected < DRY_RUN_LIMIT ? job.selected : target.count;
  const nothing = ended && job.processed > 0 && failing === job.processed;
  return (
    <div className="flex flex-col gap-4">
      {job ? (
        <>
          <section aria-label="Dry run" className="flex flex-col gap-2">
            <p role="status" className="text-[13px] text-ink-2">
              {ended ? "Dry run: nothing was changed." : "Dry run: looking at"} {ended ? "" : progressWords(job)}
              {(target.count === undefined || target.count > DRY_RUN_LIMIT) &&
                ` The first ${formatCount(DRY_RUN_LIMIT)} letters were looked at.`}
            </p>
            {!ended && <ProgressBar replay={job} />}
            {!ended && job.status === "pending" && (
              <p className="text-xs text-ink-3">A worker takes it within a second; if this stays, is a worker running?</p>
            )}
            {job.message && <p className="text-[13px] font-medium">{job.message}</p>}
            {job.processed > 0 && <Outcomes replay={job} />}
          </section>
          {failing > 0 && (
            <section aria-label="What would fail">
              <h3 className="mb-2 text-xs font-medium text-ink-3">What would fail</h3>
              {failing * 2 > job.processed && job.processed >= STOPS_AFTER && (
                <p className="mb-2 text-[13px]">
                  A replay stops by itself when more than half of its last {STOPS_AFTER} letters fail: choose fewer letters, or fix more of
                  them.
                </p>
              )}
              <Failures replay={job} shown={5} linked={false} />
            </section>
          )}
          {job.report.diffs && job.report.diffs.length > 0 && (
            <section aria-label="Changes">
              <h3 className="mb-2 text-xs font-medium text-ink-3">
                {job.report.diffs.length < job.processed ? `The first ${formatCount(job.report.diffs.length)} changes` : "Changes"}
              </h3>
              <Diffs diffs={job.report.diffs} patched />
            </section>
          )}
        </>
      ) : dryRun.error ? (
        <FormFailure>{failureText(dryRun.error)}</FormFailure>
      ) : (
        <p role="status" className="text-[13px] text-ink-2">
          Dry run …
        </p>
      )}
      <FormFailure>{error && failureText(error)}</FormFailure>
      {nothing && <p className="text-[13px] font-medium text-bad">None of them would be stored: fix the patch first.</p>}
      <DialogActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button onClick={onBack}>Back to the edit</Button>
        <Button
          variant={nothing ? "outline" : "primary"}
          disabled={!ended || isPending}
          onClick={() => ended && void run({ target, patch }).catch(() => {})}
        >
          {isPending ? "One moment …" : `Replay ${countWords(count)}`}
        </Button>
      </DialogActions>
    </div>
  );
}
