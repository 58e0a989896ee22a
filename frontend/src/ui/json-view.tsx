import { useDeferredValue, useMemo, useState } from "react";
import { formatCount } from "../lib/format.js";
import { type JsonLine, jsonLines, lineText } from "../lib/json-lines.js";
import { Button } from "./button.js";
import { cn } from "./cn.js";
import { CopyButton } from "./copy-button.js";
import { SearchIcon } from "./icons.js";

interface JsonViewProps {
  value: unknown;
  /** What it is, for those who hear it: `Payload`. */
  label: string;
  /** What is wrong where, by JSON Pointer: marked at its line, with the words under it. */
  marks?: Record<string, string>;
  /** Copied in place of what is shown: the text as it was sent. */
  copy?: string;
}

/** A body of 256 KB can have 30,000 lines: the first ones are shown at once, the others when asked for. */
const SHOWN_LINES = 600;

const colours = {
  string: "text-json-string",
  number: "text-json-number",
  literal: "text-json-literal",
  punctuation: "text-ink-2",
} as const;

/** JSON, pretty, with copy and search. Lines that a failure points at are marked. */
export function JsonView({ value, label, marks, copy }: JsonViewProps) {
  const lines = useMemo(() => jsonLines(value), [value]);
  const [search, setSearch] = useState("");
  const [all, setAll] = useState(false);
  const words = useDeferredValue(search.trim().toLowerCase());
  const found = useMemo(() => (words === "" ? null : lines.filter((line) => lineText(line).toLowerCase().includes(words))), [lines, words]);
  const shown = found ?? lines;
  return (
    <section aria-label={label} className="overflow-hidden rounded-md border border-line">
      <div className="flex h-9 items-center gap-2 border-b border-line bg-raised pr-1 pl-3">
        <h3 className="text-xs font-medium text-ink-2">{label}</h3>
        <label className="ml-auto flex h-7 min-w-0 items-center gap-1.5 rounded px-1.5 focus-within:bg-surface">
          <SearchIcon className="size-3.5 shrink-0 text-ink-3" />
          <span className="sr-only">Search in {label}</span>
          <input
            value={search}
            onChange={(event) => setSearch(event.target.value)}
            placeholder="Search"
            className="w-24 min-w-0 bg-transparent text-xs outline-none placeholder:text-ink-3"
          />
          {found && <span className="text-xs text-ink-3">{formatCount(found.length)}</span>}
        </label>
        <CopyButton text={() => copy ?? lines.map(lineText).join("\n")} label={`Copy ${label}`} />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and must by keyboard */}
      <div tabIndex={0} className="overflow-x-auto bg-surface py-2 font-mono text-xs leading-5">
        {shown.slice(0, all ? undefined : SHOWN_LINES).map((line, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines of one text have no other name
          <Line key={index} line={line} flat={found !== null} mark={line.pointer === undefined ? undefined : marks?.[line.pointer]} />
        ))}
        {shown.length === 0 && <p className="px-3 text-ink-3">No line has that.</p>}
      </div>
      {!all && shown.length > SHOWN_LINES && (
        <Button variant="ghost" size="sm" className="w-full rounded-none border-t border-line" onClick={() => setAll(true)}>
          Show all {formatCount(shown.length)} lines
        </Button>
      )}
    </section>
  );
}

function Line({ line, flat, mark }: { line: JsonLine; flat: boolean; mark?: string }) {
  return (
    <div className={cn("min-w-max px-3", mark && "border-l-2 border-bad bg-bad-soft")}>
      <span className="whitespace-pre">
        {"  ".repeat(flat ? 0 : line.depth)}
        {line.key !== undefined && (
          <>
            <span className="text-json-key">{line.key}</span>
            <span className="text-ink-2">: </span>
          </>
        )}
        <span className={colours[line.kind]}>{line.text}</span>
      </span>
      {flat && line.pointer && <span className="ml-3 text-ink-3">{line.pointer}</span>}
      {mark && <p className="font-sans text-bad">{mark}</p>}
    </div>
  );
}
