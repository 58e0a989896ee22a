import type { ReactNode } from "react";
import { failureOf } from "../lib/failure.js";
import { Button } from "./button.js";
import { CopyButton } from "./copy-button.js";
import { Skeleton } from "./skeleton.js";

/** What stands where something would be: nothing, a failure, or a closed door. Each says what can be done. */
function State({ title, children, action, role }: { title: string; children?: ReactNode; action?: ReactNode; role?: "alert" }) {
  return (
    <div role={role} className="mx-auto flex max-w-md flex-col items-center gap-2 px-6 py-14 text-center">
      <h2 className="text-[15px] font-semibold">{title}</h2>
      {children && <div className="text-[13px] text-ink-2 wrap-anywhere">{children}</div>}
      {action && <div className="mt-3">{action}</div>}
    </div>
  );
}

/** There is nothing, and that is no failure. */
export const Empty = ({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) => (
  <State title={title} action={action}>
    {children}
  </State>
);

/** It did not work; a 403 is said as what it is. */
export function Failed({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const failure = failureOf(error);
  if (failure.status === 403) return <NoPermission>{failure.detail}</NoPermission>;
  return (
    <State
      role="alert"
      title={failure.status === 0 ? "StreamForge does not answer" : failure.title}
      action={onRetry && <Button onClick={onRetry}>Try again</Button>}
    >
      <p>{failure.status === 0 ? "Is the server running? Nothing was changed." : failure.detail}</p>
      {failure.correlationId && (
        <p className="mt-2 flex items-center justify-center gap-1 font-mono text-xs text-ink-3">
          {failure.correlationId}
          <CopyButton text={failure.correlationId} label="Copy correlation id" />
        </p>
      )}
    </State>
  );
}

/** The role of the person who is signed in does not go as far. */
export const NoPermission = ({ children }: { children?: ReactNode }) => (
  <State title="Your role does not allow this">
    <p>{children}</p>
    <p>Ask an administrator for a higher role.</p>
  </State>
);

/** Rows that are on their way, in their height. */
export function LoadingRows({ rows = 8, height = "h-10" }: { rows?: number; height?: string }) {
  return (
    <div role="status" aria-label="Loading">
      {Array.from({ length: rows }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike
        <div key={index} className={`flex items-center gap-4 border-b border-line px-4 ${height}`}>
          <Skeleton className="h-3.5 w-1/4" />
          <Skeleton className="h-3.5 w-1/3" />
          <Skeleton className="ml-auto h-3.5 w-16" />
        </div>
      ))}
    </div>
  );
}
