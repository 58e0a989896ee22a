import { Dialog as Base } from "@base-ui/react/dialog";
import { type ReactNode, useRef } from "react";
import { Button } from "./button.js";
import { cn } from "./cn.js";
import { CloseIcon } from "./icons.js";

interface DialogProps {
  open: boolean;
  onClose: () => void;
  title: string;
  /** One or two sentences under the title. */
  description?: ReactNode;
  /** `false` for what must be answered: a key that is shown once is not lost to a click beside it. */
  closeOnOutside?: boolean;
  wide?: boolean;
  children: ReactNode;
}

const FIELDS = "input:not([type=hidden]), select, textarea";

/** A window over the page. Focus goes into it, stays there, and returns to where it was; Esc closes. */
export function Dialog({ open, onClose, title, description, closeOnOutside = true, wide = false, children }: DialogProps) {
  const popup = useRef<HTMLDivElement>(null);
  // The first field, where there is one; on a touch screen that would bring up the keyboard over what is to be read.
  const first = (how: string) => (how === "touch" ? popup.current : (popup.current?.querySelector<HTMLElement>(FIELDS) ?? true));
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && onClose()} disablePointerDismissal={!closeOnOutside}>
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-40 bg-black/40 motion-safe:transition-opacity motion-safe:duration-100 data-ending-style:opacity-0 data-starting-style:opacity-0" />
        <Base.Popup
          ref={popup}
          initialFocus={first}
          className={cn(
            "fixed inset-x-3 bottom-3 z-50 flex max-h-[calc(100dvh-1.5rem)] flex-col overflow-hidden rounded-xl border border-line bg-surface shadow-xl outline-none",
            "sm:inset-x-auto sm:top-[8vh] sm:bottom-auto sm:left-1/2 sm:max-h-[84vh] sm:-translate-x-1/2",
            wide ? "sm:w-[min(44rem,calc(100vw-2rem))]" : "sm:w-[min(30rem,calc(100vw-2rem))]",
            "motion-safe:transition-opacity motion-safe:duration-100 data-ending-style:opacity-0 data-starting-style:opacity-0",
          )}
        >
          <header className="flex items-start gap-3 px-5 pt-4 pb-3">
            <div className="min-w-0 flex-1">
              <Base.Title className="text-base font-semibold tracking-tight">{title}</Base.Title>
              {description && <Base.Description className="mt-1 text-[13px] text-ink-2">{description}</Base.Description>}
            </div>
            <Base.Close render={<Button variant="ghost" size="icon" aria-label="Close" className="-mt-1 -mr-2" />}>
              <CloseIcon />
            </Base.Close>
          </header>
          <div className="min-h-0 flex-1 overflow-y-auto px-5 not-has-data-actions:pb-5">{children}</div>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

/** The buttons of a dialog, at its end and always in sight. */
export function DialogActions({ children }: { children: ReactNode }) {
  return (
    <div data-actions="" className="sticky bottom-0 flex flex-wrap justify-end gap-2 bg-surface pt-4 pb-4">
      {children}
    </div>
  );
}

/** The end of a form in a dialog: away from it, or send it; `pending` while it is under way. */
export function SubmitActions({ onCancel, pending, children }: { onCancel: () => void; pending: boolean; children: ReactNode }) {
  return (
    <DialogActions>
      <Button onClick={onCancel}>Cancel</Button>
      <Button type="submit" variant="primary" disabled={pending}>
        {pending ? "One moment …" : children}
      </Button>
    </DialogActions>
  );
}
