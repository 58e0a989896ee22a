import { useNavigate } from "@tanstack/react-router";
import { failureText } from "../../lib/failure.js";
import { Button } from "../../ui/button.js";
import { Dialog, DialogActions } from "../../ui/dialog.js";
import { FormFailure } from "../../ui/form.js";
import { useRetry } from "./queries.js";
import type { RetryOrder, Target } from "./selection.js";
import { countWords } from "./words.js";

/** Retries letters, and leads to the replay that does it. */
export function useRetryAndFollow() {
  const retry = useRetry();
  const navigate = useNavigate();
  const run = async (order: RetryOrder) => {
    const { replayId } = await retry.mutateAsync(order);
    await navigate({ to: "/replays/$replayId", params: { replayId }, search: ({ tenant }) => ({ tenant }) });
  };
  return { run, error: retry.error, isPending: retry.isPending };
}

/** Asks before letters are tried again as they are. */
export function Retry({ target, onClose }: { target: Target; onClose: () => void }) {
  const { run, error, isPending } = useRetryAndFollow();
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Retry ${countWords(target.count)}?`}
      description="They go the way of every event again, as they were sent, under the schemas that are registered now. What fails stays here, with its new reason; nothing is stored twice."
    >
      {target.sample.reasonCode === "IDENTITY_CONFLICT" && (
        <p className="mb-3 rounded-md bg-warn-soft px-3 py-2 text-[13px]">
          Another event is stored under the same id: a retry cannot store these as long as it is.
        </p>
      )}
      <FormFailure>{error && failureText(error)}</FormFailure>
      <DialogActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button variant="primary" disabled={isPending} onClick={() => void run({ target }).catch(() => {})}>
          {isPending ? "One moment …" : `Retry ${countWords(target.count)}`}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
