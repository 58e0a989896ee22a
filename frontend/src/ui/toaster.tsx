import { closeToast, useToasts } from "../lib/toasts.js";
import { cn } from "./cn.js";
import { CheckIcon, CloseIcon, CriticalIcon } from "./icons.js";

/** Where toasts appear. Announced politely; what went wrong is in the text, not in the colour alone. */
export function Toaster() {
  const toasts = useToasts();
  return (
    <div
      role="status"
      aria-live="polite"
      className="pointer-events-none fixed inset-x-3 bottom-18 z-50 flex flex-col items-end gap-2 md:bottom-4"
    >
      {toasts.map(({ id, tone, text }) => (
        <div
          key={id}
          className="pointer-events-auto flex w-full max-w-sm items-start gap-2.5 rounded-lg border border-line bg-surface py-2.5 pr-2 pl-3.5 text-[13px] shadow-lg"
        >
          {tone === "bad" ? (
            <CriticalIcon className="mt-0.5 size-4 shrink-0 text-bad" />
          ) : (
            <CheckIcon className={cn("mt-0.5 size-4 shrink-0", tone === "good" ? "text-good" : "text-ink-3")} />
          )}
          <p className="min-w-0 flex-1 wrap-anywhere">{text}</p>
          <button
            type="button"
            aria-label="Close message"
            onClick={() => closeToast(id)}
            className="cursor-pointer rounded p-0.5 text-ink-3 hover:text-ink"
          >
            <CloseIcon className="size-3.5" />
          </button>
        </div>
      ))}
    </div>
  );
}
