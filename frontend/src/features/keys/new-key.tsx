import { CodeBlock } from "../../ui/code-block.js";
import { ShownOnce } from "../../ui/shown-once.js";
import type { NewKey as Key } from "./queries.js";

/** The secret, this once, and a line that tries it. */
export function NewKey({ created, onClose }: { created: Key; onClose: () => void }) {
  const writes = created.scopes.some((scope) => scope === "events:write" || scope === "admin");
  return (
    <ShownOnce
      wide
      title={`The key "${created.name}"`}
      description="This is the only time it is shown: StreamForge keeps a digest of it, and nobody can read it again."
      what="key"
      onClose={onClose}
    >
      <div data-testid="new-key">
        <CodeBlock label="Copy key" code={created.key} />
      </div>
      <div>
        <p className="mb-1.5 text-[13px] text-ink-2">Ready to paste:</p>
        <CodeBlock label="Copy curl" code={tryIt(created.key, writes)} />
      </div>
    </ShownOnce>
  );
}

function tryIt(key: string, writes: boolean): string {
  const head = `curl -i ${location.origin}/v1/events`;
  if (!writes) return `${head} -H 'Authorization: Bearer ${key}'`;
  return [
    `${head} \\`,
    `  -H 'Authorization: Bearer ${key}' \\`,
    "  -H 'Content-Type: application/json' \\",
    `  -d '{"eventId":"hello-'$(date +%s)'","eventType":"SALE","userId":"user-1","payload":{"amount":12.5,"currency":"EUR"}}'`,
  ].join("\n");
}
