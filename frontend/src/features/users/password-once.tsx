import { useState } from "react";
import { Button } from "../../ui/button.js";
import { CodeBlock } from "../../ui/code-block.js";
import { Dialog, DialogActions } from "../../ui/dialog.js";
import { Checkbox } from "../../ui/form.js";

/** A generated password, this once. Closes only when somebody says that it is kept. */
export function PasswordOnce({ email, password, onClose }: { email: string; password: string; onClose: () => void }) {
  const [kept, setKept] = useState(false);
  return (
    <Dialog
      open
      onClose={() => kept && onClose()}
      closeOnOutside={false}
      title={`Password of ${email}`}
      description="This is the only time it is shown: StreamForge keeps a hash of it. Hand it over on a safe way; its owner changes it in the settings."
    >
      <div className="flex flex-col gap-4" data-testid="new-password">
        <CodeBlock label="Copy password" code={password} />
        <Checkbox label="I have put the password where it is safe" checked={kept} onChange={(event) => setKept(event.target.checked)} />
      </div>
      <DialogActions>
        <Button variant="primary" disabled={!kept} onClick={onClose}>
          Done
        </Button>
      </DialogActions>
    </Dialog>
  );
}
