import { CodeBlock } from "../../ui/code-block.js";
import { ShownOnce } from "../../ui/shown-once.js";

/** A generated password, this once. */
export function PasswordOnce({ email, password, onClose }: { email: string; password: string; onClose: () => void }) {
  return (
    <ShownOnce
      title={`Password of ${email}`}
      description="This is the only time it is shown: StreamForge keeps a hash of it. Hand it over on a safe way; its owner changes it in the settings."
      what="password"
      onClose={onClose}
    >
      <div data-testid="new-password">
        <CodeBlock label="Copy password" code={password} />
      </div>
    </ShownOnce>
  );
}
