import { useRef, useState } from "react";
import { Button } from "../../ui/button.js";
import { Card } from "../../ui/card.js";
import { CopyIcon } from "../../ui/icons.js";

/** The first event, as a line for a shell. The key was printed by the first start and is never shown again. */
const firstEventCommand = (origin: string) =>
  [
    `curl ${origin}/v1/events \\`,
    "  -H 'Authorization: Bearer YOUR_API_KEY' \\",
    "  -H 'Content-Type: application/json' \\",
    `  -d '{"eventId":"hello-1","eventType":"SALE","userId":"u-1","payload":{"amount":12.5,"currency":"EUR"}}'`,
  ].join("\n");

/** Stands where the chart will be until the first event comes. */
export function EmptyCard() {
  const command = firstEventCommand(location.origin);
  const text = useRef<HTMLPreElement>(null);
  const [copied, setCopied] = useState(false);
  // Without HTTPS browsers refuse the clipboard; the command is then selected, ready for Ctrl-C.
  const select = () => text.current && getSelection()?.selectAllChildren(text.current);
  const copy = () => {
    if (!navigator.clipboard) return select();
    navigator.clipboard.writeText(command).then(() => setCopied(true), select);
  };
  return (
    <Card
      title="Ready for the first event"
      className="h-full"
      aside={
        <Button size="sm" onClick={copy}>
          <CopyIcon className="size-3.5" />
          <span aria-live="polite">{copied ? "Copied" : "Copy"}</span>
        </Button>
      }
    >
      <div className="flex h-full flex-col justify-center gap-3 py-2">
        <p className="text-ink-2">
          Nothing was sent yet. Paste this into a terminal and watch this page; the chart appears with the first event.
        </p>
        <div className="rounded-md border border-line bg-raised">
          <pre ref={text} className="overflow-x-auto p-3 font-mono text-xs leading-relaxed text-ink">
            {command}
          </pre>
        </div>
        <p className="text-[13px] text-ink-2">
          Put the API key in place of <code className="font-mono text-xs">YOUR_API_KEY</code>: the first{" "}
          <code className="font-mono text-xs">npm start</code> printed it in its terminal, together with this command. For a steady stream
          of events run <code className="font-mono text-xs">npm run demo</code>.
        </p>
      </div>
    </Card>
  );
}
