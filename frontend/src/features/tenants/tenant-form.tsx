import { zodResolver } from "@hookform/resolvers/zod";
import { createTenantSchema, type TenantView } from "@streamforge/shared";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { type UseFormReturn, useForm } from "react-hook-form";
import { z } from "zod";
import { api, ok } from "../../api/client.js";
import { failureText } from "../../lib/failure.js";
import { toast } from "../../lib/toasts.js";
import { Confirm } from "../../ui/confirm.js";
import { Dialog, SubmitActions } from "../../ui/dialog.js";
import { FormFailure, Input, TextArea } from "../../ui/form.js";
import { daysOf, isDays, shortened, textOfTypes, typesOf } from "./retention-text.js";

/** An empty field is no limit; an input gives text. */
const limit = z
  .string()
  .trim()
  .refine((text) => text === "" || (/^\d{1,9}$/.test(text) && Number(text) > 0), "must be a whole number above 0, or empty");
const days = z.string().refine(isDays, "must be a whole number of days, or empty");
const types = z.string().refine((text) => typesOf(text) !== undefined, "must be lines like SALE: 400");
const form = createTenantSchema
  .omit({ limits: true })
  .extend({ eventsPerSecond: limit, requestsPerSecond: limit, days, deadLetterDays: days, types });
type Values = z.infer<typeof form>;

const numberOf = (text: string) => (text === "" ? undefined : Number(text));
const textOf = (value: number | undefined) => value?.toString() ?? "";

/** What is not named is as the settings say. */
const retentionOf = (values: Values) => {
  const own = typesOf(values.types) ?? {};
  return {
    days: daysOf(values.days),
    deadLetterDays: daysOf(values.deadLetterDays),
    ...(Object.keys(own).length > 0 ? { types: own } : {}),
  };
};

/** Makes a tenant, or changes one. @param tenant null: a new one */
export default function TenantForm({ tenant, onClose }: { tenant: TenantView | null; onClose: () => void }) {
  const client = useQueryClient();
  /** What is to be saved once it is confirmed, and what it shortens. */
  const [asked, setAsked] = useState<{ values: Values; shorter: string[] } | null>(null);
  const fields = useForm({
    resolver: zodResolver(form),
    defaultValues: {
      tenantId: tenant?.tenantId ?? "",
      name: tenant?.name ?? "",
      eventsPerSecond: textOf(tenant?.limits.eventsPerSecond),
      requestsPerSecond: textOf(tenant?.limits.requestsPerSecond),
      days: textOf(tenant?.retention.days),
      deadLetterDays: textOf(tenant?.retention.deadLetterDays),
      types: textOfTypes(tenant?.retention.types),
    },
  });
  const save = useMutation({
    mutationFn: (values: Values) => {
      const { tenantId, name, eventsPerSecond, requestsPerSecond } = values;
      const limits = { eventsPerSecond: numberOf(eventsPerSecond), requestsPerSecond: numberOf(requestsPerSecond) };
      return tenant
        ? ok(
            api.PATCH("/v1/admin/tenants/{tenantId}", {
              params: { path: { tenantId } },
              body: { name, limits, retention: retentionOf(values) },
            }),
          )
        : ok(api.POST("/v1/admin/tenants", { body: { tenantId, name, limits } }));
    },
    onSuccess: async ({ name }) => {
      await client.invalidateQueries({ queryKey: ["tenants"] });
      toast(tenant ? `${name} is changed; the limits hold within a second.` : `${name} is created. It needs a key to send events.`, "good");
      onClose();
    },
  });
  const submit = (values: Values) => {
    const shorter = tenant ? shortened(tenant, retentionOf(values), tenant.settings) : [];
    if (shorter.length > 0) setAsked({ values, shorter });
    else save.mutate(values);
  };
  return (
    <Dialog open onClose={onClose} title={tenant ? `Change ${tenant.tenantId}` : "Create a tenant"}>
      <form onSubmit={(event) => void fields.handleSubmit(submit)(event)} className="flex flex-col gap-4" noValidate>
        <NameAndLimits fields={fields} isNew={!tenant} />
        {tenant && <RetentionFields fields={fields} tenant={tenant} />}
        <FormFailure>{save.error && failureText(save.error)}</FormFailure>
        <SubmitActions onCancel={onClose} pending={save.isPending}>
          {tenant ? "Save" : "Create tenant"}
        </SubmitActions>
      </form>
      {tenant && (
        <Confirm
          open={asked !== null}
          onClose={() => setAsked(null)}
          title={`Keep less of ${tenant.tenantId}?`}
          action="Keep less"
          type={tenant.tenantId}
          onConfirm={() => (asked ? save.mutateAsync(asked.values) : Promise.resolve())}
        >
          <p>What is older is removed by the next run of retention, for good:</p>
          <ul className="list-disc pl-5">
            {asked?.shorter.map((change) => (
              <li key={change}>{change}</li>
            ))}
          </ul>
          <p>A dry run on the page of jobs counts what would go.</p>
        </Confirm>
      )}
    </Dialog>
  );
}

type Fields = UseFormReturn<Values>;

function NameAndLimits({ fields: { register, formState }, isNew }: { fields: Fields; isNew: boolean }) {
  const { errors } = formState;
  return (
    <>
      {isNew && (
        <Input
          label="Tenant id"
          placeholder="acme"
          hint="Letters, digits, '.', '_' and '-'. It cannot be changed."
          error={errors.tenantId?.message}
          {...register("tenantId")}
        />
      )}
      <Input label="Name" placeholder="Acme Ltd" error={errors.name?.message} {...register("name")} />
      <div className="grid gap-4 sm:grid-cols-2">
        <Input
          label="Events a second"
          inputMode="numeric"
          hint="Empty: no limit"
          error={errors.eventsPerSecond?.message}
          {...register("eventsPerSecond")}
        />
        <Input
          label="Requests a second"
          inputMode="numeric"
          hint="Empty: no limit"
          error={errors.requestsPerSecond?.message}
          {...register("requestsPerSecond")}
        />
      </div>
    </>
  );
}

function RetentionFields({ fields: { register, formState }, tenant }: { fields: Fields; tenant: TenantView }) {
  const { errors } = formState;
  const { settings } = tenant;
  const otherwise = (days: number) => `Empty: ${days === 0 ? "for ever" : `${days} days`}, as the settings say. 0: for ever`;
  return (
    <>
      <div className="grid gap-4 sm:grid-cols-2">
        <Input
          label="Keep events, in days"
          inputMode="numeric"
          hint={otherwise(settings.days)}
          error={errors.days?.message}
          {...register("days")}
        />
        <Input
          label="Keep dead letters, in days"
          inputMode="numeric"
          hint={otherwise(settings.deadLetterDays)}
          error={errors.deadLetterDays?.message}
          {...register("deadLetterDays")}
        />
      </div>
      <TextArea
        label="Other times by event type"
        rows={3}
        placeholder="SALE: 400"
        hint="A type a line, with its days"
        error={errors.types?.message}
        {...register("types")}
      />
    </>
  );
}
