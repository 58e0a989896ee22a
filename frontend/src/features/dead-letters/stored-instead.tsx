import type { DeadLetterDetail } from "@streamforge/shared";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { parseExact } from "../../lib/exact-json.js";
import { DiffView } from "../../ui/diff-view.js";
import { Skeleton } from "../../ui/skeleton.js";
import { payloadAt } from "./marks.js";
import { isRecord } from "./patch.js";
import { storedEventQuery } from "./queries.js";

/** The event that has this letter's identity, held against it: where the two differ decides what to do. */
export function StoredInstead({ letter: { tenantId, eventId, raw, json = raw } }: { letter: DeadLetterDetail }) {
  const { data: stored, isPending } = useQuery(storedEventQuery(tenantId, eventId));
  const payload = useMemo(() => payloadOf(json), [json]);
  if (isPending) return <Skeleton className="h-24 w-full" />;
  if (stored?.status !== "stored") return null;
  return (
    <section aria-label="Stored instead">
      <p className="mb-2 text-xs text-ink-3">
        Payload of the{" "}
        <Link to="/events/$eventId" params={{ eventId }} search={{ tenant: tenantId }} className="font-medium text-brand hover:underline">
          stored event
        </Link>{" "}
        (−) and of this letter (+)
      </p>
      <DiffView before={stored.payload} after={payload} label="What differs from the stored event" />
    </section>
  );
}

function payloadOf(raw: string): unknown {
  try {
    const event = parseExact(raw);
    const at = payloadAt(event);
    return at !== "" && isRecord(event) ? event[at.slice(1)] : event;
  } catch {
    return raw;
  }
}
