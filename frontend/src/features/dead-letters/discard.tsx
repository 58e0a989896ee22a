import { useState } from "react";
import { plural } from "../../lib/format.js";
import { toast } from "../../lib/toasts.js";
import { Confirm } from "../../ui/confirm.js";
import { TextArea } from "../../ui/form.js";
import { useDiscard } from "./queries.js";
import type { Target } from "./selection.js";
import { countWords, theseWords } from "./words.js";

const SHORTEST_REASON = 3;

interface DiscardProps {
  target: Target;
  onClose: () => void;
  onDone: () => void;
}

/** Asks why letters are given up. Those that were not chosen one by one need the tenant's name typed: a filter is set in a moment. */
export function Discard({ target, onClose, onDone }: DiscardProps) {
  const discard = useDiscard();
  const [reason, setReason] = useState("");
  const confirm = async () => {
    if (reason.trim().length < SHORTEST_REASON)
      throw new Error("Say why, in a few words: anyone who asks for these events later reads it.");
    const discarded = await discard.mutateAsync({ target, reason: reason.trim() });
    toast(
      discarded === 0 ? "None of them was open any more." : `${plural(discarded, "letter")} discarded.`,
      discarded === 0 ? "neutral" : "good",
    );
    onDone();
  };
  return (
    <Confirm
      open
      onClose={onClose}
      title={`Discard ${countWords(target.count)}?`}
      action={`Discard ${countWords(target.count)}`}
      type={"ids" in target.selector ? undefined : target.tenantId}
      onConfirm={confirm}
    >
      <p>
        Nobody will be asked about {theseWords(target)} again, and {target.count === 1 ? "its event is" : "their events are"} not stored.
        The text stays readable under “Discarded”, with your name and the reason, and can still be retried from there, one by one.
      </p>
      <TextArea
        label="Reason"
        placeholder="Test data of the migration, not needed"
        value={reason}
        maxLength={500}
        onChange={(event) => setReason(event.target.value)}
        className="min-h-16"
      />
    </Confirm>
  );
}
