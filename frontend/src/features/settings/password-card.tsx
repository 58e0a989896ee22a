import { zodResolver } from "@hookform/resolvers/zod";
import { changePasswordSchema } from "@streamforge/shared";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useForm } from "react-hook-form";
import { z } from "zod";
import { api, ok } from "../../api/client.js";
import { useSession } from "../../app/session.js";
import { failureOf, failureText } from "../../lib/failure.js";
import { toast } from "../../lib/toasts.js";
import { Button } from "../../ui/button.js";
import { Card } from "../../ui/card.js";
import { FormFailure, Input } from "../../ui/form.js";
import { ownSessionsKey } from "./sessions-card.js";

const form = changePasswordSchema
  .extend({ current: z.string().min(1, "is needed"), again: z.string() })
  .refine(({ next, again }) => next === again, { path: ["again"], message: "is not the same" });
type Passwords = z.infer<typeof form>;

const nothing: Passwords = { current: "", next: "", again: "" };

/** Changes one's own password; that ends the sessions elsewhere, since somebody may sit in one of them. */
export function PasswordCard() {
  const client = useQueryClient();
  const email = useSession().data?.user.email ?? "";
  const { register, handleSubmit, formState, reset, setError } = useForm({ resolver: zodResolver(form), defaultValues: nothing });
  const change = useMutation({
    mutationFn: ({ current, next }: Passwords) => ok(api.POST("/v1/me/password", { body: { current, next } })),
    onSuccess: async () => {
      reset(nothing);
      toast("Your password is changed, and your other sessions have ended.", "good");
      await client.invalidateQueries({ queryKey: ownSessionsKey });
    },
    onError: (error) => {
      for (const { pointer, detail } of failureOf(error).errors ?? []) {
        if (pointer === "/current" || pointer === "/next") setError(pointer === "/next" ? "next" : "current", { message: detail });
      }
    },
  });
  const { errors } = formState;
  const atField = errors.current || errors.next;
  return (
    <Card title="Password">
      <form
        onSubmit={(event) => void handleSubmit((passwords) => change.mutate(passwords))(event)}
        className="flex flex-col gap-4"
        noValidate
      >
        {/* Tells password managers whose password it is. */}
        <input type="text" name="username" autoComplete="username" value={email} readOnly hidden />
        <Input
          label="Current password"
          type="password"
          autoComplete="current-password"
          error={errors.current?.message}
          {...register("current")}
        />
        <Input
          label="New password"
          type="password"
          autoComplete="new-password"
          hint="At least 12 characters and hard to guess: four words that do not belong together."
          error={errors.next?.message}
          {...register("next")}
        />
        <Input
          label="New password again"
          type="password"
          autoComplete="new-password"
          error={errors.again?.message}
          {...register("again")}
        />
        <FormFailure>{change.error && !atField && failureText(change.error)}</FormFailure>
        <div className="flex flex-wrap items-center justify-between gap-3">
          <p className="text-xs text-ink-3">Ends your sessions elsewhere.</p>
          <Button type="submit" variant="primary" disabled={change.isPending}>
            {change.isPending ? "One moment …" : "Change password"}
          </Button>
        </div>
      </form>
    </Card>
  );
}
