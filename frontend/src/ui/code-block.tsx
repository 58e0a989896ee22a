import { CopyButton } from "./copy-button.js";

/** Code to paste, in lines that scroll sideways; the copy button takes what is shown, or `copy` where the two differ. */
export function CodeBlock({ code, label, copy = code }: { code: string; label: string; copy?: string }) {
  return (
    <div className="relative rounded-md border border-line bg-raised">
      {/* A region that scrolls must be reachable by keyboard. */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls */}
      <pre tabIndex={0} className="overflow-x-auto p-3 pr-11 font-mono text-xs leading-relaxed text-ink">
        {code}
      </pre>
      <div className="absolute top-1.5 right-1.5 rounded-md bg-raised">
        <CopyButton text={copy} label={label} />
      </div>
    </div>
  );
}
