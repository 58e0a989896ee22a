import { zodResolver } from "@hookform/resolvers/zod";
import { createUserSchema, type Role } from "@streamforge/shared";
import { useForm } from "react-hook-form";
import { failureText } from "../../lib/failure.js";
import { Dialog, SubmitActions } from "../../ui/dialog.js";
import { FormFailure, Input } from "../../ui/form.js";
import { createUser, useChangeUsers } from "./queries.js";
import { roleChoices, roleWords } from "./words.js";

const form = createUserSchema.omit({ password: true });

interface CreateUserProps {
  onClose: () => void;
  /** Gets the password that was made, which is never shown again. */
  onCreated: (made: { email: string; password: string }) => void;
}

/** Asks who it is and what they may; their first password is generated. */
export function CreateUser({ onClose, onCreated }: CreateUserProps) {
  const create = useChangeUsers(createUser);
  const { register, handleSubmit, formState } = useForm({
    resolver: zodResolver(form),
    defaultValues: { email: "", role: "viewer" as Role },
  });
  const submit = handleSubmit(async (user) => {
    const { email, password = "" } = await create.mutateAsync(user);
    onCreated({ email, password });
  });
  return (
    <Dialog open onClose={onClose} title="Add a person" description="A password is generated and shown once, for you to hand over.">
      <form onSubmit={(event) => void submit(event).catch(() => {})} className="flex flex-col gap-4" noValidate>
        <Input
          label="E-mail"
          type="email"
          placeholder="ada@example.org"
          autoComplete="off"
          error={formState.errors.email?.message}
          {...register("email")}
        />
        <fieldset className="flex flex-col gap-1">
          <legend className="mb-1 text-[13px] font-medium text-ink-2">Role</legend>
          {roleChoices.map(({ value, label }) => (
            <label key={value} className="flex cursor-pointer items-start gap-2.5 py-1 text-[13px]">
              <input type="radio" value={value} className="mt-0.5 size-4 shrink-0 cursor-pointer accent-brand" {...register("role")} />
              <span>
                {label}
                <span className="block text-xs text-ink-3">{roleWords[value]}</span>
              </span>
            </label>
          ))}
        </fieldset>
        <FormFailure>{create.error && failureText(create.error)}</FormFailure>
        <SubmitActions onCancel={onClose} pending={create.isPending}>
          Add person
        </SubmitActions>
      </form>
    </Dialog>
  );
}
