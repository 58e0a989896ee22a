import type { EventView } from "@streamforge/shared";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { formatLatency, plural } from "../../lib/format.js";
import { cn } from "../../ui/cn.js";
import { Ago, At } from "../../ui/time.js";

interface Step {
  title: string;
  at?: string;
  tone: "done" | "now" | "bad";
  detail?: ReactNode;
}

/** What happened to an event, in order, with times. */
export function LifeLine({ event }: { event: EventView }) {
  return (
    <ol className="flex flex-col">
      {stepsOf(event).map(({ title, at, tone, detail }, index, all) => (
        <li key={title} className="flex gap-3 text-[13px]">
          <span aria-hidden="true" className="flex flex-col items-center">
            <span
              className={cn(
                "mt-1.5 size-2.5 shrink-0 rounded-full",
                tone === "done" ? "bg-good" : tone === "bad" ? "bg-bad" : "bg-warn motion-safe:animate-pulse",
              )}
            />
            {index < all.length - 1 && <span className="w-px flex-1 bg-line-strong" />}
          </span>
          <div className="min-w-0 flex-1 pb-3">
            <p className="flex flex-wrap justify-between gap-x-3">
              <span className="font-medium">{title}</span>
              {at && (
                <span className="text-ink-3">
                  <Ago at={at} />
                </span>
              )}
            </p>
            {at && (
              <p className="text-xs text-ink-2">
                <At at={at} />
              </p>
            )}
            {detail && <p className="text-xs text-ink-2">{detail}</p>}
          </div>
        </li>
      ))}
    </ol>
  );
}

function stepsOf(event: EventView): Step[] {
  const { status, occurredAt, receivedAt, appendedAt, entry, storedAt, attempts = 0, durationMs, deadLetter } = event;
  const steps: Step[] = [];
  if (occurredAt && occurredAt !== receivedAt)
    steps.push({ title: "Occurred", at: occurredAt, tone: "done", detail: "as the producer says" });
  const told = "on disk in the stream: the producer was answered 202";
  if (entry && appendedAt) {
    const [partition, id] = entry.split("/");
    const again = attempts > 1 ? ", for the last attempt" : "";
    steps.push({ title: "Received", at: receivedAt, tone: "done" });
    steps.push({ title: "Appended", at: appendedAt, tone: "done", detail: `partition ${partition}, entry ${id}${again}; ${told}` });
  } else steps.push({ title: "Received and appended", at: receivedAt, tone: "done", detail: told });
  if (status === "queued") steps.push({ title: "Waiting for a worker", tone: "now" });
  if (status === "retrying")
    steps.push({ title: "Waiting to be tried again", tone: "now", detail: `${plural(attempts, "attempt")} failed` });
  if (status === "stored") {
    const took = durationMs === undefined ? "" : `${formatLatency(durationMs)} after it was received`;
    steps.push({
      title: "Read and stored",
      at: storedAt,
      tone: "done",
      detail: [took, plural(Math.max(attempts, 1), "attempt")].filter(Boolean).join(", "),
    });
  }
  if (status === "dead") {
    const link = deadLetter && (
      <Link to="/dead-letters/$letterId" params={{ letterId: deadLetter }} className="font-medium text-brand hover:underline">
        Why, and what to do
      </Link>
    );
    steps.push({ title: "Became a dead letter", tone: "bad", detail: link || plural(attempts, "attempt") });
  }
  return steps;
}
