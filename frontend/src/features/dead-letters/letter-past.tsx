import type { DeadLetterDetail } from "@streamforge/shared";
import { formatLatency } from "../../lib/format.js";
import { At } from "../../ui/time.js";

/** Every attempt that failed, oldest first. */
export function Attempts({ attempts }: { attempts: DeadLetterDetail["attemptsMade"] }) {
  return (
    <ol className="divide-y divide-line rounded-md border border-line">
      {attempts.map(({ attempt, reasonCode, errorMessage, durationMs, worker, at }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: attempts of several acceptances have the same numbers
        <li key={index} className="px-3 py-2 text-[13px]">
          <p className="flex flex-wrap justify-between gap-x-3">
            <span className="font-medium">
              Attempt {attempt} <span className="font-normal text-ink-3">{reasonCode}</span>
            </span>
            <span className="text-xs text-ink-3">
              <At at={at} />
            </span>
          </p>
          <p className="wrap-anywhere">{errorMessage}</p>
          <p className="text-xs text-ink-3">
            {formatLatency(durationMs)}
            {worker && ` · ${worker}`}
          </p>
        </li>
      ))}
    </ol>
  );
}

/** What was done with a letter, by whom, oldest first. */
export function History({ entries }: { entries: DeadLetterDetail["history"] }) {
  return (
    <ol className="flex flex-col gap-1.5">
      {entries.map(({ at, who, what }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they have no other name, and are only added to
        <li key={index} className="text-[13px]">
          <p className="wrap-anywhere">{what}</p>
          <p className="text-xs text-ink-3">
            <At at={at} /> · {who}
          </p>
        </li>
      ))}
    </ol>
  );
}
