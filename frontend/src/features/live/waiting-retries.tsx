import { lazy, type ReactNode, Suspense, useState } from "react";

const RetriesDialog = lazy(() => import("./retries-dialog.js"));

/** Words that open the list of events that wait for their next attempt. */
export function WaitingRetries({ children }: { children: ReactNode }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button
        type="button"
        aria-haspopup="dialog"
        onClick={() => setOpen(true)}
        className="cursor-pointer rounded font-medium underline decoration-line-strong underline-offset-4 hover:decoration-current"
      >
        {children}
      </button>
      <Suspense>{open && <RetriesDialog onClose={() => setOpen(false)} />}</Suspense>
    </>
  );
}
