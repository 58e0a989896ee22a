import { zodResolver } from "@hookform/resolvers/zod";
import { type Alarm, acknowledgeSchema } from "@streamforge/shared";
import { useForm } from "react-hook-form";
import { z } from "zod";
import { failureText } from "../../lib/failure.js";
import { toast } from "../../lib/toasts.js";
import { Dialog, SubmitActions } from "../../ui/dialog.js";
import { FormFailure, TextArea } from "../../ui/form.js";
import { useAcknowledge } from "./queries.js";
import { timesInZone } from "./words.js";

const form = acknowledgeSchema.extend({ note: z.string().trim().min(1, "Anyone who reads this in a year needs it.").max(2000) });

/** Asks what was found out and done, before a loss is taken as known. */
export function Acknowledge({ alarm, onClose }: { alarm: Alarm; onClose: () => void }) {
  const acknowledge = useAcknowledge();
  const { register, handleSubmit, formState } = useForm({ resolver: zodResolver(form), defaultValues: { note: "" } });
  const submit = handleSubmit(async ({ note }) => {
    await acknowledge.mutateAsync({ id: alarm.id, note });
    toast("The alarm is acknowledged; it stays in the list of alarms.", "good");
    onClose();
  });
  return (
    <Dialog
      open
      onClose={onClose}
      title="Acknowledge this alarm"
      description={`${timesInZone(alarm.sentence)} Acknowledging says that this is known and dealt with. It brings nothing back, cannot be undone, and is kept with your name.`}
    >
      <form onSubmit={(event) => void submit(event).catch(() => {})} noValidate>
        <TextArea
          label="What was found out and done"
          placeholder="Redis was started without its volume. Producers have sent 14:00 to 14:10 again."
          error={formState.errors.note?.message}
          {...register("note")}
        />
        <div className="mt-3">
          <FormFailure>{acknowledge.error && failureText(acknowledge.error)}</FormFailure>
        </div>
        <SubmitActions onCancel={onClose} pending={acknowledge.isPending}>
          Acknowledge
        </SubmitActions>
      </form>
    </Dialog>
  );
}
