import type { DeadLetterDetail } from "@streamforge/shared";
import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useMemo, useState } from "react";
import { parseExact } from "../../lib/exact-json.js";
import { failureText } from "../../lib/failure.js";
import { plural } from "../../lib/format.js";
import { Button } from "../../ui/button.js";
import { CodeBlock } from "../../ui/code-block.js";
import { Dialog, DialogActions } from "../../ui/dialog.js";
import { DiffView } from "../../ui/diff-view.js";
import { FormFailure, TextArea } from "../../ui/form.js";
import { Segmented } from "../../ui/segmented.js";
import { Skeleton } from "../../ui/skeleton.js";
import { Failed } from "../../ui/states.js";
import { type Draft, draftOfEvent, draftOfPatch, pretty } from "./draft.js";
import { FixCheck } from "./fix-check.js";
import { marksOf } from "./marks.js";
import { letterQuery, useDryRun } from "./queries.js";
import type { Target } from "./selection.js";
import { countWords } from "./words.js";

/** Corrects letters and replays them: an edit or a patch, what it changes, what would come of it, and then the replay. */
export function Fix({ target, onClose }: { target: Target; onClose: () => void }) {
  const { data: letter, error, refetch } = useQuery(letterQuery(target.sample.id));
  const event = useMemo(() => (letter ? eventOf(letter) : undefined), [letter]);
  return (
    <Dialog
      open
      wide
      closeOnOutside={false}
      onClose={onClose}
      title={`Fix and replay ${countWords(target.count)}`}
      description={
        target.count === 1
          ? "Correct the event. What you change becomes a patch; what the producer sent is kept beside it."
          : "Correct one of them, or write a patch. What you change is done to each of them; what the producers sent is kept beside it."
      }
    >
      {letter ? (
        <Steps target={target} letter={letter} event={event} onClose={onClose} />
      ) : error ? (
        <Failed error={error} onRetry={() => void refetch()} />
      ) : (
        <Skeleton className="h-72 w-full" />
      )}
    </Dialog>
  );
}

/** The event as it was sent; null when it cannot be read, and only a patch by hand can be tried. */
function eventOf({ raw, json = raw }: DeadLetterDetail): unknown {
  try {
    return parseExact(json);
  } catch {
    return null;
  }
}

type How = "event" | "patch";
const ways: { value: How; label: string }[] = [
  { value: "event", label: "Edit the event" },
  { value: "patch", label: "Write a patch" },
];
const EXAMPLE = '[\n  { "op": "replace", "path": "/payload/currency", "value": "EUR" }\n]';

interface StepsProps {
  target: Target;
  letter: DeadLetterDetail;
  event: unknown;
  onClose: () => void;
}

function Steps({ target, letter, event, onClose }: StepsProps) {
  const [how, setHow] = useState<How>(event === null ? "patch" : "event");
  const [text, setText] = useState(() => (event === null ? "" : pretty(event)));
  const [patchText, setPatchText] = useState("");
  const [checked, setChecked] = useState<{ draft: Draft; dryRunId: string } | null>(null);
  const dryRun = useDryRun();
  const written = useDeferredValue(how === "event" ? text : patchText);
  const draft = useMemo(() => (how === "event" ? draftOfEvent(event, written) : draftOfPatch(written, event)), [how, event, written]);
  const choose = (next: How) => {
    // What was edited goes on as a patch, to be refined.
    if (next === "patch" && draft.patch.length > 0) setPatchText(JSON.stringify(draft.patch, null, 2));
    setHow(next);
  };
  const check = async () => {
    const { replayId } = await dryRun.mutateAsync({ target, patch: draft.patch });
    setChecked({ draft, dryRunId: replayId });
  };
  if (checked)
    return (
      <FixCheck target={target} patch={checked.draft.patch} dryRunId={checked.dryRunId} onBack={() => setChecked(null)} onClose={onClose} />
    );
  const ready = draft.patch.length > 0 && draft.problems.length === 0;
  return (
    <div className="flex flex-col gap-3">
      {event !== null && (
        <div className="self-start">
          <Segmented label="How" value={how} options={ways} onChange={choose} />
        </div>
      )}
      {how === "event" ? (
        <EventEditor {...{ target, letter, event, text, setText, draft }} />
      ) : (
        <PatchEditor {...{ patchText, setPatchText, draft }} />
      )}
      <FormFailure>{dryRun.error && failureText(dryRun.error)}</FormFailure>
      <DialogActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button variant="primary" disabled={!ready || dryRun.isPending} onClick={() => ready && void check().catch(() => {})}>
          {dryRun.isPending ? "One moment …" : "Check what would come of it"}
        </Button>
      </DialogActions>
    </div>
  );
}

const editor = "font-mono text-xs leading-5 whitespace-pre overflow-x-auto";

interface EventEditorProps {
  target: Target;
  letter: DeadLetterDetail;
  event: unknown;
  text: string;
  setText: (text: string) => void;
  draft: Draft;
}

function EventEditor({ target, letter, event, text, setText, draft }: EventEditorProps) {
  const flaws = Object.entries(marksOf(event, letter.failures ?? []));
  return (
    <>
      <section aria-label="What is wrong" className="rounded-md bg-bad-soft px-3 py-2 text-[13px]">
        {flaws.length === 0 ? (
          <p className="wrap-anywhere">{letter.message}</p>
        ) : (
          <ul>
            {flaws.map(([pointer, detail]) => (
              <li key={pointer} className="wrap-anywhere">
                <span className="font-mono text-xs font-medium">{pointer || "the event"}</span> {detail}
              </li>
            ))}
          </ul>
        )}
      </section>
      <TextArea
        label={target.count === 1 ? "Event" : `Event ${letter.eventId}, as an example`}
        hint="eventId and userId cannot be edited: they are the event's identity and its place."
        error={draft.problems[0]}
        value={text}
        onChange={({ target: { value } }) => setText(value)}
        spellCheck={false}
        rows={Math.min(22, Math.max(8, text.split("\n").length + 1))}
        className={editor}
      />
      {draft.after !== undefined && draft.patch.length > 0 && (
        <section aria-label="What changes" className="flex flex-col gap-2">
          <h3 className="text-xs font-medium text-ink-3">What changes</h3>
          <DiffView before={event} after={draft.after} label="What changes in the event" />
          <details className="text-[13px]">
            <summary className="cursor-pointer text-ink-2">The patch: {plural(draft.patch.length, "operation")}</summary>
            <div className="mt-2">
              <CodeBlock label="Copy patch" code={JSON.stringify(draft.patch, null, 2)} />
            </div>
          </details>
        </section>
      )}
    </>
  );
}

function PatchEditor({ patchText, setPatchText, draft }: { patchText: string; setPatchText: (text: string) => void; draft: Draft }) {
  return (
    <>
      <TextArea
        label="Patch (RFC 6902), done to each event as it was sent"
        hint="add, replace, remove, move, copy and test; eventId and the field that the user came from cannot be touched."
        error={patchText.trim() === "" ? undefined : draft.problems[0]}
        value={patchText}
        onChange={({ target: { value } }) => setPatchText(value)}
        placeholder={EXAMPLE}
        spellCheck={false}
        rows={12}
        className={editor}
      />
      {patchText.trim() === "" && (
        <Button size="sm" className="self-start" onClick={() => setPatchText(EXAMPLE)}>
          Begin with an example
        </Button>
      )}
    </>
  );
}
