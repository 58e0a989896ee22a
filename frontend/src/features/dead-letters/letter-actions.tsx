import { useState } from "react";
import { useMay } from "../../app/permissions.js";
import { Button } from "../../ui/button.js";
import { Discard } from "./discard.js";
import { Fix } from "./fix.js";
import { Retry } from "./retry.js";
import type { Target } from "./selection.js";

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
      {asking === "retry" && <Retry target={target} onClose={close} />}
      {asking === "fix" && <Fix target={target} onClose={close} />}
      {asking === "discard" && <Discard target={target} onClose={close} onDone={onDone} />}
    </>
  );
}
