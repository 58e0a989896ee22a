import { type ReactNode, useId, useState } from "react";
import { failureText } from "../lib/failure.js";
import { Button } from "./button.js";
import { Dialog, DialogActions } from "./dialog.js";

interface ConfirmProps {
  open: boolean;
  onClose: () => void;
  /** A question that names the thing: `Revoke the key "checkout"?` */
  title: string;
  /** What happens then, to whom, and that it cannot be undone. */
  children: ReactNode;
  /** The verb: `Revoke key`. Never "OK". */
  action: string;
  /** What has to be typed first; for what would hurt most. */
  type?: string;
  /** Closes when it is done; its failure is shown and can be tried again. */
  onConfirm: () => Promise<unknown>;
}

/** Asks before what cannot be undone, in words that name the consequence. */
export function Confirm({ open, onClose, title, children, action, type, onConfirm }: ConfirmProps) {
  return (
    <Dialog open={open} onClose={onClose} title={title}>
      <Question key={String(open)} action={action} type={type} onClose={onClose} onConfirm={onConfirm}>
        {children}
      </Question>
    </Dialog>
  );
}

function Question({
  children,
  action,
  type,
  onClose,
  onConfirm,
}: Pick<ConfirmProps, "children" | "action" | "type" | "onClose" | "onConfirm">) {
  const [typed, setTyped] = useState("");
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const inputId = useId();
  const ready = type === undefined || typed.trim() === type;
  const confirm = async () => {
    if (!ready || busy) return;
    setBusy(true);
    setFailure(null);
    try {
      await onConfirm();
      onClose();
    } catch (error) {
      setFailure(failureText(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void confirm();
      }}
    >
      <div className="flex flex-col gap-2 text-[13px] text-ink-2">{children}</div>
      {type !== undefined && (
        <div className="mt-4">
          <label htmlFor={inputId} className="text-[13px] text-ink-2">
            Type <span className="font-mono font-medium text-ink">{type}</span> to confirm
          </label>
          <input
            id={inputId}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            autoComplete="off"
            spellCheck={false}
            className="mt-1 h-9 w-full rounded-md border border-line-strong bg-surface px-3 font-mono text-[13px]"
          />
        </div>
      )}
      <p role="alert" className="text-[13px] text-bad not-empty:mt-3">
        {failure}
      </p>
      <DialogActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="danger" disabled={!ready || busy}>
          {busy ? "One moment …" : action}
        </Button>
      </DialogActions>
    </form>
  );
}
