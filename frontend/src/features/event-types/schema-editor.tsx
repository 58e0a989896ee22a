import { useId } from "react";
import { Button } from "../../ui/button.js";
import { cn } from "../../ui/cn.js";
import { readSchema, schemaText, template } from "./schema-text.js";

interface SchemaEditorProps {
  text: string;
  onChange: (text: string) => void;
  /** What the API found wrong with it, by JSON Pointer. */
  flaws: readonly { pointer: string; detail: string }[];
}

/** As high as its text, within what leaves room for the rest of the window. */
const rowsOf = (text: string) => Math.min(24, Math.max(10, text.split("\n").length));

/** JSON to type, which says while one types whether it is JSON. */
export function SchemaEditor({ text, onChange, flaws }: SchemaEditorProps) {
  const id = useId();
  const read = readSchema(text);
  const problem = "problem" in read ? read.problem : null;
  return (
    <div className="flex flex-col gap-1">
      <div className="flex items-center gap-1">
        <label htmlFor={id} className="mr-auto text-[13px] font-medium text-ink-2">
          JSON Schema of the payload
        </label>
        {text.trim() === "" && (
          <Button variant="ghost" size="sm" onClick={() => onChange(template)}>
            Begin with an example
          </Button>
        )}
        <Button variant="ghost" size="sm" disabled={problem !== null} onClick={() => "schema" in read && onChange(schemaText(read.schema))}>
          Format
        </Button>
      </div>
      <textarea
        id={id}
        value={text}
        onChange={(event) => onChange(event.target.value)}
        rows={rowsOf(text)}
        spellCheck={false}
        autoComplete="off"
        autoCapitalize="off"
        wrap="off"
        aria-invalid={problem !== null || flaws.length > 0}
        aria-describedby={`${id}-about`}
        className={cn(
          "w-full resize-y rounded-md border bg-surface px-3 py-2 font-mono text-xs leading-5 text-ink",
          problem || flaws.length > 0 ? "border-bad" : "border-line-strong",
        )}
      />
      <div id={`${id}-about`} className="min-h-4 text-xs">
        {problem ? (
          <p className="text-bad">{problem}</p>
        ) : flaws.length > 0 ? (
          <ul className="text-bad">
            {flaws.map(({ pointer, detail }) => (
              <li key={`${pointer} ${detail}`}>
                <code className="font-mono">{pointer || "/"}</code> {detail}
              </li>
            ))}
          </ul>
        ) : (
          <p className="text-ink-3">Draft 2020-12. An event whose payload does not fit becomes a dead letter (SCHEMA_INVALID).</p>
        )}
      </div>
    </div>
  );
}
