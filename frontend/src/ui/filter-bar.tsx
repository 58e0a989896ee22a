import { type ReactNode, useEffect, useId, useState } from "react";
import { useNarrow } from "../lib/media.js";
import { type Range, type Span, spans } from "../lib/range.js";
import { useZone } from "../lib/zone.js";
import { Button } from "./button.js";
import { cn } from "./cn.js";
import { CloseIcon } from "./icons.js";

interface FilterBarProps {
  /** Something is set, and can be cleared. */
  active: boolean;
  onClear: () => void;
  /** What is always in sight; the other filters stand behind a button on a phone. */
  main?: ReactNode;
  children: ReactNode;
}

/** Filters in a row that wraps; each writes to the URL. */
export function FilterBar({ active, onClear, main, children }: FilterBarProps) {
  const narrow = useNarrow();
  const [open, setOpen] = useState(false);
  const folds = narrow && main !== undefined;
  return (
    <search aria-label="Filters" className="flex flex-wrap items-center gap-2">
      {main}
      {folds && (
        <Button size="sm" aria-expanded={open} onClick={() => setOpen(!open)}>
          Filters
          {active && <span className="size-1.5 rounded-full bg-brand" />}
          {active && <span className="sr-only">(some are set)</span>}
        </Button>
      )}
      {(!folds || open) && children}
      {active && (
        <Button variant="ghost" size="sm" onClick={onClear}>
          <CloseIcon className="size-3.5" />
          Clear
        </Button>
      )}
    </search>
  );
}

const field = "h-8 rounded-md border bg-surface text-[13px] text-ink placeholder:text-ink-3";

interface TextFilterProps {
  label: string;
  value: string | undefined;
  onChange: (value: string | undefined) => void;
  /** The one that `/` jumps to. */
  main?: boolean;
  /** Waits for Enter: for what leads somewhere rather than narrows. */
  onEnter?: boolean;
  className?: string;
}

/** How long after the last key the list follows, in ms: a request per key would make it flicker. */
const SETTLE_MS = 350;

/** Text that the list is narrowed to; exact, as the API compares. Follows the typing, and Enter at once. */
export function TextFilter({ label, value, onChange, main, onEnter = false, className }: TextFilterProps) {
  const [text, setText] = useState(value ?? "");
  // The URL can change by itself: back, a link, "Clear".
  useEffect(() => setText(value ?? ""), [value]);
  const tell = () => text.trim() !== (value ?? "") && onChange(text.trim() || undefined);
  // biome-ignore lint/correctness/useExhaustiveDependencies: typing starts the clock, nothing else
  useEffect(() => {
    if (onEnter || text.trim() === (value ?? "")) return;
    const timer = setTimeout(tell, SETTLE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <input
      type="search"
      aria-label={label}
      placeholder={label}
      value={text}
      data-search={main ? "" : undefined}
      onChange={(event) => setText(event.target.value)}
      onKeyDown={(event) => event.key === "Enter" && tell()}
      spellCheck={false}
      autoComplete="off"
      className={cn(field, "min-w-0 px-2.5", value ? "border-brand" : "border-line-strong", className ?? "w-36")}
    />
  );
}

interface ChoiceFilterProps<Value extends string> {
  label: string;
  value: Value | undefined;
  options: readonly { value: Value; label: string }[];
  /** Said for no choice: `Any status`. */
  any: string;
  onChange: (value: Value | undefined) => void;
}

/** One of few, or any. */
export function ChoiceFilter<Value extends string>({ label, value, options, any, onChange }: ChoiceFilterProps<Value>) {
  return (
    <select
      aria-label={label}
      value={value ?? ""}
      onChange={(event) => onChange((event.target.value || undefined) as Value | undefined)}
      className={cn(field, "cursor-pointer px-2", value ? "border-brand" : "border-line-strong")}
    >
      <option value="">{any}</option>
      {options.map((option) => (
        <option key={option.value} value={option.value}>
          {option.label}
        </option>
      ))}
    </select>
  );
}

interface RangeFilterProps {
  range: Range;
  /** Gets all three, so that what is not chosen is taken away. */
  onChange: (range: Range) => void;
  /** Spans to offer; all by default. */
  offered?: readonly Span[];
  /** Said when there is none. */
  any?: string;
}

/** A span back from now, or from and to in the reader's zone. */
export function RangeFilter({ range, onChange, offered, any = "Any time" }: RangeFilterProps) {
  const custom = Boolean(range.from || range.to);
  const [open, setOpen] = useState(custom);
  const zone = useZone();
  const id = useId();
  const choose = (value: string) => {
    setOpen(value === "custom");
    if (value !== "custom") onChange({ since: (value || undefined) as Span | undefined, from: undefined, to: undefined });
  };
  return (
    <>
      <select
        aria-label="Time"
        value={custom || open ? "custom" : (range.since ?? "")}
        onChange={(event) => choose(event.target.value)}
        className={cn(field, "cursor-pointer px-2", custom || range.since ? "border-brand" : "border-line-strong")}
      >
        <option value="">{any}</option>
        {spans
          .filter(({ value }) => offered?.includes(value) ?? true)
          .map(({ value, label }) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        <option value="custom">From … to …</option>
      </select>
      {(open || custom) && (
        <fieldset className="flex flex-wrap items-center gap-1.5 text-xs text-ink-3" aria-describedby={id}>
          <legend className="sr-only">Time range</legend>
          <Moment label="From" value={range.from} zone={zone} onChange={(from) => onChange({ since: undefined, from, to: range.to })} />
          to
          <Moment label="To" value={range.to} zone={zone} onChange={(to) => onChange({ since: undefined, from: range.from, to })} />
          <span id={id}>{zone}</span>
        </fieldset>
      )}
    </>
  );
}

function Moment({ label, value, zone, onChange }: { label: string; value?: string; zone: string; onChange: (value?: string) => void }) {
  return (
    <input
      type="datetime-local"
      step="1"
      aria-label={`${label} (${zone})`}
      defaultValue={value ? localText(value, zone) : ""}
      key={`${value}-${zone}`}
      onBlur={(event) => onChange(event.target.value ? instantOf(event.target.value, zone) : undefined)}
      className={cn(field, "border-line-strong px-2")}
    />
  );
}

/** An instant as `datetime-local` has it, in a zone. */
function localText(at: string, zone: string): string {
  return new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "medium", timeZone: zone })
    .format(Date.parse(at))
    .replace(" ", "T");
}

/** The instant that a wall clock in a zone shows so. Twice a year an hour is ambiguous or skipped: any of the two is then right. */
function instantOf(local: string, zone: string): string {
  const asUtc = Date.parse(`${local}Z`);
  const offset = Date.parse(`${localText(new Date(asUtc).toISOString(), zone)}Z`) - asUtc;
  const guess = asUtc - offset;
  const again = Date.parse(`${localText(new Date(guess).toISOString(), zone)}Z`) - guess;
  return new Date(asUtc - again).toISOString();
}
