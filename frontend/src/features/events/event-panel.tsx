import type { EventView } from "@streamforge/shared";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { api, ok } from "../../api/client.js";
import { useTenant } from "../../app/tenant.js";
import { failureOf } from "../../lib/failure.js";
import { CodeBlock } from "../../ui/code-block.js";
import { FactList, idFact } from "../../ui/fact-list.js";
import { JsonView } from "../../ui/json-view.js";
import { Section } from "../../ui/section.js";
import { SidePanel } from "../../ui/side-panel.js";
import { Skeleton } from "../../ui/skeleton.js";
import { Empty, Failed } from "../../ui/states.js";
import { EventStatus } from "../../ui/status-badge.js";
import { bodyAgain, curlOf } from "./curl.js";
import { LifeLine } from "./life-line.js";
import { eventQuery } from "./queries.js";
import { useTraceFact } from "./trace-fact.js";

const route = getRouteApi("/events/$eventId");

/** One event beside the list: what it is, what happened to it, and how to send it again. */
export function EventPanel() {
  const { eventId } = route.useParams();
  const tenant = useTenant();
  const navigate = useNavigate();
  const { data: event, error, refetch } = useQuery(eventQuery(tenant, eventId));
  return (
    <SidePanel
      label={`Event ${eventId}`}
      onClose={() => void navigate({ to: "/events", search: (previous) => previous })}
      title={
        <div className="flex items-center gap-2">
          <h2 className="truncate text-[15px] font-semibold">{event?.eventType ?? "Event"}</h2>
          {event && <EventStatus status={event.status} />}
        </div>
      }
    >
      {event ? <Details event={event} /> : error ? <Problem error={error} eventId={eventId} onRetry={() => void refetch()} /> : <Waiting />}
    </SidePanel>
  );
}

function Problem({ error, eventId, onRetry }: { error: unknown; eventId: string; onRetry: () => void }) {
  if (failureOf(error).code !== "event-not-found") return <Failed error={error} onRetry={onRetry} />;
  return (
    <Empty title="No such event in this tenant">
      <p className="font-mono text-xs">{eventId}</p>
      <p className="mt-2">{failureOf(error).detail} Is another tenant chosen at the top?</p>
    </Empty>
  );
}

const Waiting = () => (
  <div className="flex flex-col gap-3">
    <Skeleton className="h-24 w-full" />
    <Skeleton className="h-40 w-full" />
    <Skeleton className="h-56 w-full" />
  </div>
);

function Details({ event }: { event: EventView }) {
  return (
    <div className="flex flex-col gap-5">
      <Facts event={event} />
      <Section title="What happened">
        <LifeLine event={event} />
      </Section>
      {event.payload !== undefined && <JsonView label="Payload" value={event.payload} />}
      {event.extensions && <JsonView label="Extensions" value={event.extensions} />}
      {event.raw !== undefined && (
        <Section title={`As it was sent${event.format === "xml" ? ", in XML" : ""}`}>
          <CodeBlock label="Copy what was sent" code={event.raw} />
        </Section>
      )}
      {event.payload !== undefined && <SendAgain event={event} />}
    </div>
  );
}

function Facts({ event }: { event: EventView }) {
  const facts: [string, string | undefined][] = [
    ["Event id", event.eventId],
    ["Id", event.id],
    ["Tenant", event.tenantId],
    ["User", event.userId],
    ["Source", event.source],
    ["Kafka", event.src_topic && `${event.src_topic}, partition ${event.src_partition}, offset ${event.src_offset}`],
    ["Subject", event.subject],
    ["Partition key", event.partitionKey === event.subject ? undefined : event.partitionKey],
    ["Correlation id", event.correlationId],
  ];
  const trace = useTraceFact(event.traceparent);
  return <FactList facts={[...facts.map(([label, value]) => idFact(label, value)), trace, idFact("Schema", event.schemaVersion)]} />;
}

function SendAgain({ event }: { event: EventView }) {
  const dead = event.status === "dead" && event.deadLetter !== undefined;
  const letter = useQuery({
    queryKey: ["dlq", "one", event.deadLetter],
    enabled: dead,
    queryFn: () =>
      ok(api.GET("/v1/admin/dlq/{id}", { params: { path: { id: event.deadLetter as string }, query: { tenantId: event.tenantId } } })),
  });
  const raw = letter.data?.raw;
  return (
    <Section title="Send again">
      <p className="mb-2 text-xs text-ink-2">
        {raw === undefined
          ? "Under another event id: with its own, this would be another text of the same identity, and refused as a conflict."
          : "As it was sent. Correct what is wrong in it; a dead letter does not keep its id from a corrected event."}
      </p>
      <CodeBlock
        label="Copy curl"
        code={curlOf(location.origin, raw ?? bodyAgain(event), raw === undefined ? "json" : letter.data?.format)}
      />
    </Section>
  );
}
