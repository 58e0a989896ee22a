import { type DeadLetterDetail, reasonHelp } from "@streamforge/shared";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { useMay } from "../../app/permissions.js";
import { parseExact } from "../../lib/exact-json.js";
import { failureOf } from "../../lib/failure.js";
import { plural } from "../../lib/format.js";
import { CodeBlock } from "../../ui/code-block.js";
import { CopyButton } from "../../ui/copy-button.js";
import { FactList, idFact } from "../../ui/fact-list.js";
import { JsonView } from "../../ui/json-view.js";
import { Section } from "../../ui/section.js";
import { SidePanel } from "../../ui/side-panel.js";
import { Skeleton } from "../../ui/skeleton.js";
import { Empty, Failed } from "../../ui/states.js";
import { LetterState } from "../../ui/status-badge.js";
import { At } from "../../ui/time.js";
import { curlOf } from "../events/curl.js";
import { useTraceFact } from "../events/trace-fact.js";
import { bodyAsNew } from "./as-new.js";
import { LetterActions } from "./letter-actions.js";
import { Attempts, History } from "./letter-past.js";
import { marksOf } from "./marks.js";
import { letterQuery } from "./queries.js";
import { mayRetry, targetOf } from "./selection.js";
import { sentText } from "./sent-text.js";
import { StoredInstead } from "./stored-instead.js";

const route = getRouteApi("/dead-letters/$letterId");

/** One letter beside the list: why it died in words, the text as it was sent, and what was tried. */
export function LetterPanel() {
  const { letterId } = route.useParams();
  const navigate = useNavigate();
  const { data: letter, error, refetch } = useQuery(letterQuery(letterId));
  return (
    <SidePanel
      label={`Dead letter ${letter?.eventId ?? ""}`}
      onClose={() => void navigate({ to: "/dead-letters", search: (previous) => previous })}
      title={
        <div className="flex items-center gap-2">
          <h2 className="truncate text-[15px] font-semibold">{letter ? reasonHelp[letter.reasonCode].title : "Dead letter"}</h2>
          {letter && <LetterState status={letter.status} />}
        </div>
      }
    >
      {letter ? (
        <Details key={letter.id} letter={letter} />
      ) : failureOf(error).code === "dead-letter-not-found" ? (
        <Empty title="There is no such dead letter">The address may be cut off, or the letter was removed after its time.</Empty>
      ) : error ? (
        <Failed error={error} onRetry={() => void refetch()} />
      ) : (
        <div className="flex flex-col gap-3">
          <Skeleton className="h-24 w-full" />
          <Skeleton className="h-56 w-full" />
        </div>
      )}
    </SidePanel>
  );
}

function Details({ letter }: { letter: DeadLetterDetail }) {
  const { status, attemptsMade, history } = letter;
  const may = useMay();
  const conflict = letter.reasonCode === "IDENTITY_CONFLICT";
  const asNew = conflict && status === "open" ? bodyAsNew(letter.json ?? letter.raw, letter.eventId) : null;
  const curl = asNew && curlOf(location.origin, asNew);
  return (
    <div className="flex flex-col gap-5">
      {mayRetry(status) && may("POST /v1/admin/dlq/retry") && (
        <div className="flex flex-wrap gap-2">
          {curl && <CopyButton text={curl} label="Copy as a new event" word="Copy as a new event" variant="outline" />}
          <LetterActions target={targetOf([letter])} discardable={status === "open"} retryable />
        </div>
      )}
      <Why letter={letter} />
      <Outcome letter={letter} />
      {conflict && <StoredInstead letter={letter} />}
      {curl && (
        <Section title="As a new event">
          <p className="mb-2 text-xs text-ink-2">
            If it is an event of its own: the same text under another event id. When it is stored, discard this letter.
          </p>
          <CodeBlock label="Copy curl" code={curl} />
        </Section>
      )}
      <Raw letter={letter} />
      <Facts letter={letter} />
      {attemptsMade.length > 0 && (
        <Section title={`${plural(attemptsMade.length, "attempt")} that failed`}>
          <Attempts attempts={attemptsMade} />
        </Section>
      )}
      {history.length > 0 && (
        <Section title="History">
          <History entries={history} />
        </Section>
      )}
    </div>
  );
}

/** The reason, in words; what can be done, for as long as something can. */
function Why({ letter: { reasonCode, message, status } }: { letter: DeadLetterDetail }) {
  const { meaning, actions } = reasonHelp[reasonCode];
  return (
    <section aria-label="Why" className="flex flex-col gap-2 text-[13px]">
      <p className="rounded-md border-l-2 border-bad bg-bad-soft px-3 py-2 font-medium wrap-anywhere">{message}</p>
      <p className="text-ink-2">{meaning}</p>
      {(status === "open" || status === "replaying") && (
        <>
          <h3 className="text-xs font-medium text-ink-3">What can be done</h3>
          <ul className="list-disc space-y-1 pl-4 text-ink-2">
            {actions.map((action) => (
              <li key={action}>{action}</li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

/** What became of it since, with the way there. */
function Outcome({ letter }: { letter: DeadLetterDetail }) {
  const { status, discardReason, replay, tenantId, eventId } = letter;
  const stored = status === "resolved" || status === "superseded";
  if (!stored && !discardReason && !replay) return null;
  return (
    <section aria-label="What became of it" className="flex flex-col gap-1 rounded-md bg-raised px-3 py-2 text-[13px]">
      {stored && (
        <p>
          {status === "resolved" ? "Its event is stored." : "A corrected event of the same id is stored."}{" "}
          <Link to="/events/$eventId" params={{ eventId }} search={{ tenant: tenantId }} className="font-medium text-brand hover:underline">
            See the stored event
          </Link>
        </p>
      )}
      {discardReason && <p className="wrap-anywhere">Discarded: {discardReason}</p>}
      {replay && (
        <p>
          Taken by{" "}
          <Link
            to="/replays/$replayId"
            params={{ replayId: replay.id }}
            search={{ tenant: tenantId }}
            className="font-medium text-brand hover:underline"
          >
            a replay
          </Link>{" "}
          at <At at={replay.at} />
          {replay.outcome && <>: {replay.outcome}</>}
        </p>
      )}
    </section>
  );
}

function Raw({ letter: { raw, format, failures = [] } }: { letter: DeadLetterDetail }) {
  const { text, binary } = useMemo(() => sentText({ raw, format }), [raw, format]);
  const shown = useMemo(() => {
    try {
      const event = parseExact(text);
      return { event, marks: marksOf(event, failures) };
    } catch {
      return null;
    }
  }, [text, failures]);
  if (shown) return <JsonView label="As it was sent" value={shown.event} marks={shown.marks} copy={text} />;
  if (!binary) return <CodeBlock label={format === "xml" ? "Copy the XML" : "Copy the event"} code={text} />;
  return (
    <Section title="As it was sent">
      <p className="mb-2 text-xs text-ink-2">Bytes that are no text, in base64.</p>
      <CodeBlock label="Copy the bytes" code={text} />
    </Section>
  );
}

/** @param origin `topic/partition/offset` */
function placeWords(origin: string | undefined): string | undefined {
  const [topic, partition, offset] = origin?.split("/") ?? [];
  return topic && `${topic}, partition ${partition}, offset ${offset}`;
}

function Facts({ letter }: { letter: DeadLetterDetail }) {
  const { id, eventId, eventType, userId, source, tenantId, correlationId, receivedAt, failedAt, lastFailedAt } = letter;
  const trace = useTraceFact(letter.traceparent);
  const event = (
    <Link
      to="/events/$eventId"
      params={{ eventId }}
      search={{ tenant: tenantId }}
      className="font-mono text-xs text-brand wrap-anywhere hover:underline"
    >
      {eventId}
    </Link>
  );
  const died = (
    <>
      <At at={failedAt} />
      {lastFailedAt !== failedAt && (
        <>
          , last <At at={lastFailedAt} />
        </>
      )}
    </>
  );
  return (
    <Section title="About">
      <FactList
        facts={[
          { label: "Event", value: event, copy: eventId },
          idFact("Type", eventType),
          idFact("Tenant", tenantId),
          idFact("User", userId),
          idFact("Source", source),
          idFact("Kafka", placeWords(letter.origin)),
          idFact("Correlation id", correlationId),
          trace,
          idFact("Letter", id),
          { label: "Received", value: <At at={receivedAt} /> },
          { label: "Died", value: died },
        ]}
      />
    </Section>
  );
}
