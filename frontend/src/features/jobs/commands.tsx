import { JOB_COMMANDS, type JobCommand, type JobStatus } from "@streamforge/shared";
import { type ReactNode, useState } from "react";
import { failureText } from "../../lib/failure.js";
import { toast } from "../../lib/toasts.js";
import { Button } from "../../ui/button.js";
import { Confirm } from "../../ui/confirm.js";

const WORDS: Record<Exclude<JobCommand, "cancel">, string> = { pause: "Pause", resume: "Resume" };

export interface JobCommandsProps {
  status: JobStatus;
  /** What is cancelled, as in "Cancel this replay?". */
  what: string;
  /** The button that cancels for good. */
  action: string;
  command: { isPending: boolean; mutateAsync: (command: JobCommand) => Promise<unknown> };
  /** What cancelling leaves behind. */
  children: ReactNode;
}

/** What can be done about a job in its state; nothing when it has ended for good. */
export function JobCommands({ status, what, action, command, children }: JobCommandsProps) {
  const [cancelling, setCancelling] = useState(false);
  if (!JOB_COMMANDS.cancel.from.includes(status)) return null;
  const run = (one: JobCommand) => command.mutateAsync(one).catch((error) => toast(failureText(error), "bad"));
  return (
    <div className="flex flex-wrap gap-2">
      {(["pause", "resume"] as const).map(
        (one) =>
          JOB_COMMANDS[one].from.includes(status) && (
            <Button
              key={one}
              size="sm"
              variant={one === "resume" ? "primary" : undefined}
              disabled={command.isPending}
              onClick={() => void run(one)}
            >
              {WORDS[one]}
            </Button>
          ),
      )}
      <Button size="sm" onClick={() => setCancelling(true)}>
        Cancel
      </Button>
      <Confirm
        open={cancelling}
        onClose={() => setCancelling(false)}
        title={`Cancel this ${what}?`}
        action={action}
        onConfirm={() => command.mutateAsync("cancel")}
      >
        <p>It ends for good. {children}</p>
      </Confirm>
    </div>
  );
}
