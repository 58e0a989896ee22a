import type { ListedKey } from "@streamforge/shared";
import { useState } from "react";
import { failureText } from "../../lib/failure.js";
import { toast } from "../../lib/toasts.js";
import { Button } from "../../ui/button.js";
import { Confirm } from "../../ui/confirm.js";
import { Dialog, DialogActions } from "../../ui/dialog.js";
import { FormFailure, Select } from "../../ui/form.js";
import { Ago } from "../../ui/time.js";
import { type NewKey, useRevokeKey, useRotateKey } from "./queries.js";

interface ActionProps {
  /** The key it is about; null while nothing is asked. */
  chosen: ListedKey | null;
  onClose: () => void;
}

/** Asks before a key is revoked, and names who loses the door. */
export function RevokeKey({ chosen, onClose }: ActionProps) {
  const revoke = useRevokeKey();
  if (!chosen) return null;
  const confirm = async () => {
    await revoke.mutateAsync(chosen.id);
    toast(`The key "${chosen.name}" is revoked.`, "good");
  };
  return (
    <Confirm open onClose={onClose} title={`Revoke the key "${chosen.name}"?`} action="Revoke key" onConfirm={confirm}>
      <p>
        Every program that uses it is refused with 401 within a second, in {chosen.tenantId}. What it has sent before is not touched. This
        cannot be undone: a new key has to be put into those programs.
      </p>
      <p>
        {chosen.lastUsedAt ? (
          <>
            It was last used <Ago at={chosen.lastUsedAt} />.
          </>
        ) : (
          "It was never used."
        )}{" "}
        {chosen.rotation ? <Successor of={chosen.rotation} /> : "To change keys without a gap, rotate it instead."}
      </p>
    </Confirm>
  );
}

/** Whether the key that takes over is in use: before, nobody should lose the old one. */
function Successor({ of: { stillUsed, successorLastUsedAt } }: { of: NonNullable<ListedKey["rotation"]> }) {
  return (
    <>
      {successorLastUsedAt ? (
        <>
          The key that takes over was last used <Ago at={successorLastUsedAt} />
        </>
      ) : (
        "The key that takes over was never used"
      )}
      {stillUsed ? ", and this one was used since that was made: some program has not changed over." : "."}
    </>
  );
}

const overlaps = [
  [0, "None: the old key ends now"],
  [3600, "1 hour"],
  [86_400, "1 day"],
  [7 * 86_400, "7 days"],
  [30 * 86_400, "30 days"],
] as const;

/** Issues a successor, while the old key keeps working for some time. */
export function RotateKey({ chosen, onClose, onRotated }: ActionProps & { onRotated: (key: NewKey) => void }) {
  const rotate = useRotateKey();
  const [overlapSeconds, setOverlap] = useState(86_400);
  if (!chosen) return null;
  const submit = () => rotate.mutateAsync({ id: chosen.id, overlapSeconds }).then(onRotated, () => {});
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Rotate the key "${chosen.name}"`}
      description="A new key with the same name and scopes. The old one keeps working for the overlap, so that programs can change over one by one."
    >
      <Select label="The old key works for" value={overlapSeconds} onChange={(event) => setOverlap(Number(event.target.value))}>
        {overlaps.map(([seconds, text]) => (
          <option key={seconds} value={seconds}>
            {text}
          </option>
        ))}
      </Select>
      <div className="mt-3">
        <FormFailure>{rotate.error && failureText(rotate.error)}</FormFailure>
      </div>
      <DialogActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button variant="primary" disabled={rotate.isPending} onClick={() => void submit()}>
          {rotate.isPending ? "One moment …" : "Issue the new key"}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
