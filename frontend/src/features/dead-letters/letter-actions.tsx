import { lazy, Suspense, useState } from "react";
import { useMay } from "../../app/permissions.js";
import { Button } from "../../ui/button.js";
import type { Target } from "./selection.js";

// The editor, the patch and the dialogs (60 kB) come when somebody wants one.
const Discard = lazy(() => import("./discard.js").then((file) => ({ default: file.Discard })));
const Fix = lazy(() => import("./fix.js").then((file) => ({ default: file.Fix })));
const Retry = lazy(() => import("./retry.js").then((file) => ({ default: file.Retry })));

interface LetterActionsProps {
  target: Target;
  /** Only what is open can be discarded. */
  discardable: boolean;
  retryable: boolean;
  onDone?: () => void;
}

/** What can be done with letters; nothing for those who may not. Of conflicts no patch and no retry makes anything else: they come last. */
export function LetterActions({ target, discardable, retryable, onDone = () => {} }: LetterActionsProps) {
  const may = useMay();
  const [asking, ask] = useState<"retry" | "fix" | "discard" | null>(null);
  const close = () => ask(null);
  const { conflicts } = target;
  const mayRetry = retryable && may("POST /v1/admin/dlq/retry");
  return (
    <>
      {mayRetry && !conflicts && (
        <Button size="sm" onClick={() => ask("retry")}>
          Retry
        </Button>
      )}
      {mayRetry && !conflicts && may("POST /v1/admin/replay") && (
        <Button size="sm" variant="primary" onClick={() => ask("fix")}>
          Fix and replay
        </Button>
      )}
      {discardable && may("POST /v1/admin/dlq/discard") && (
        <Button size="sm" onClick={() => ask("discard")}>
          Discard
        </Button>
      )}
      {mayRetry && conflicts && (
        <Button size="sm" variant="ghost" onClick={() => ask("retry")}>
          Retry
        </Button>
      )}
      <Suspense>
        {asking === "retry" && <Retry target={target} onClose={close} />}
        {asking === "fix" && <Fix target={target} onClose={close} />}
        {asking === "discard" && <Discard target={target} onClose={close} onDone={onDone} />}
      </Suspense>
    </>
  );
}
